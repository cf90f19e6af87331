import type { ImageCatalog } from '#catalog';
import { DomainError, quotaResources, type ProjectQuotas } from '#domain';
import { IngestError } from '#image-data';

export interface Transfer {
  /** whose quota it is */
  readonly project: string | null;
  readonly what: 'size' | 'staging';
  /** stores that will have the data in the end */
  readonly copies: number;
  /** bytes of each copy that count already */
  readonly counted?: bigint | undefined;
  /** bytes that no image may have more of */
  readonly cap: bigint;
}

/** Quotas while bytes arrive whose number nobody announced. What was announced is counted already: UsageProjection. */
export class Quotas {
  constructor(
    private readonly catalog: Pick<ImageCatalog, 'usage'>,
    readonly limits: ProjectQuotas,
  ) {}

  /**
   * Receives at most as many bytes as the project has left now. Others may take some of them meanwhile; the append at
   * the end says so.
   * @throws DomainError quota-exceeded when more came
   */
  async within<T>(
    { project, what, copies, counted = 0n, cap }: Transfer,
    receive: (sizeLimit: bigint) => Promise<T>,
  ): Promise<T> {
    const limit = this.limits[what];
    if (project === null || limit < 0n) return receive(cap);
    const usage = (await this.catalog.usage(project))[what];
    const left = (usage < limit ? (limit - usage) / BigInt(copies) : 0n) + counted;
    if (left >= cap) return receive(cap);
    try {
      return await receive(left);
    } catch (error) {
      if (!(error instanceof IngestError && error.code === 'size-limit')) throw error;
      const resource = quotaResources[what];
      throw new DomainError('quota-exceeded', {
        project,
        resource,
        limit: limit.toString(),
        usage: usage.toString(),
        wanted: null,
      });
    }
  }
}
