import {
  countables,
  DomainError,
  noUsage,
  quotaResources,
  unlimitedQuotas,
  usageOf,
  type ImageState,
  type ProjectQuotas,
  type QuotaExcess,
  type Usage,
} from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';

/** Raised by refuse_beyond_quota() (libs/catalog/migrations/0003-usage.sql). */
const quotaExceeded = 'VQ001';

/**
 * Moves the usage of an image's project by what the change made of it, and refuses the append when that leads beyond a
 * quota. The row stays locked until the commit, so parallel requests of one project cannot both have the last of it;
 * other projects have other rows.
 */
export class UsageProjection implements InlineProjection<ImageState> {
  constructor(private readonly quotas: ProjectQuotas = unlimitedQuotas) {}

  project({ before, state }: AggregateChange<ImageState>): Statement[] {
    const owners = [...new Set([before?.owner ?? null, state?.owner ?? null])].filter((owner) => owner !== null);
    return owners.flatMap((project) => {
      const was = before?.owner === project ? usageOf(before) : noUsage;
      const is = state?.owner === project ? usageOf(state) : noUsage;
      return this.move(project, difference(was, is));
    });
  }

  /** One move a project. */
  projectNew(changes: readonly AggregateChange<ImageState>[]): Statement[] {
    const sums = new Map<string, Usage>();
    for (const { state } of changes) {
      const owner = state?.owner ?? null;
      if (owner !== null) sums.set(owner, sum(sums.get(owner) ?? noUsage, usageOf(state)));
    }
    return [...sums].flatMap(([project, delta]) => this.move(project, delta));
  }

  refusal(error: unknown): DomainError | undefined {
    if (!(error instanceof Error && 'code' in error && error.code === quotaExceeded && 'detail' in error)) return;
    return new DomainError('quota-exceeded', JSON.parse(String(error.detail)) as QuotaExcess);
  }

  private move(project: string, delta: Usage): Statement[] {
    if (countables.every((what) => delta[what] === 0n)) return [];
    const sharedRow = `usage ${project}`;
    const deltas = countables.map((what) => delta[what].toString());
    if (!countables.some((what) => delta[what] > 0n && this.quotas[what] >= 0n)) {
      return [{ ...moveUsage, values: [project, deltas], sharedRow }];
    }
    const resources = countables.map((what) => quotaResources[what]);
    const limits = countables.map((what) => this.quotas[what].toString());
    return [{ ...moveUsageWithin, values: [project, deltas, resources, limits], sharedRow }];
  }
}

function difference(was: Usage, is: Usage): Usage {
  return Object.fromEntries(countables.map((what) => [what, is[what] - was[what]])) as Usage;
}

function sum(one: Usage, other: Usage): Usage {
  return Object.fromEntries(countables.map((what) => [what, one[what] + other[what]])) as Usage;
}

/** Parameters: project, deltas in the order of `countables`. */
const moved = `insert into catalog.usage as u (project, ${countables.join(', ')})
  values ($1, ${countables.map((_, index) => `($2::numeric[])[${index + 1}]`).join(', ')})
  on conflict (project) do update set ${countables.map((what) => `${what} = u.${what} + excluded.${what}`).join(', ')}`;

const moveUsage = { name: 'move-usage', text: moved };

const isBeyond = countables
  .map((what, index) => {
    const [wanted, limit] = [`($2::numeric[])[${index + 1}]`, `($4::numeric[])[${index + 1}]`];
    return `(${wanted} > 0 and ${limit} >= 0 and ${what} > ${limit})`;
  })
  .join(' or ');

/** Parameters: the same, then the resources' names and limits. The function is called only to refuse: calls are dear. */
const moveUsageWithin = {
  name: 'move-usage-within',
  text: `with moved as (${moved} returning ${countables.map((what) => `u.${what}`).join(', ')})
    select catalog.refuse_beyond_quota($1, $3::text[], $2::numeric[],
      array[${countables.join(', ')}]::numeric[], $4::numeric[]) from moved where ${isBeyond}`,
};
