import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog } from '#catalog';
import { countables, noUsage, quotaResources, type Actor, type Countable } from '#domain';
import { Quotas } from '#platform';

/** What the caller's project uses and may use, by Glance's names of its quotas; sizes in MiB, -1 for no limit. */
export class ShowUsage extends Query<Record<string, { limit: number; usage: number }>> {
  constructor(readonly actor: Actor) {
    super();
  }
}

@QueryHandler(ShowUsage)
export class ShowUsageHandler implements IQueryHandler<ShowUsage> {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(Quotas) private readonly quotas: Quotas,
  ) {}

  async execute({ actor: { projectId } }: ShowUsage) {
    const usage = projectId === null ? noUsage : await this.catalog.usage(projectId);
    const { limits } = this.quotas;
    const rows = countables.map((what) => [
      quotaResources[what],
      { limit: limits[what] < 0n ? -1 : shown(what, limits[what]), usage: shown(what, usage[what]) },
    ]);
    return Object.fromEntries(rows) as Record<string, { limit: number; usage: number }>;
  }
}

function shown(what: Countable, amount: bigint): number {
  return Number(what === 'size' || what === 'staging' ? amount >> 20n : amount);
}
