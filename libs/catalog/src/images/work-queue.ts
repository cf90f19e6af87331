import type { BlobRef } from '#domain';
import type { Database, Statement } from '#event-store';

export interface Work {
  readonly imageId: string;
  readonly kind: 'upload' | 'stage' | 'import';
  /** the upload's attempt, or the import's task */
  readonly attempt: string;
  /** claims of the import so far */
  readonly claims: number;
}

/** Of a transfer under way; `total` as its source said. */
export interface BytesSofar {
  readonly bytes: bigint;
  readonly total: bigint | undefined;
}

export interface DoomedBlobs {
  readonly imageId: string;
  readonly blobs: readonly BlobRef[];
}

/** What is under way and what is left to do, as the log tells it: the queue can be lost and is filled again from here. */
export class WorkQueue {
  constructor(
    private readonly database: Database,
    private readonly leaseSeconds: number,
  ) {}

  /** Moves the lease on; false when the attempt is no longer the image's, so its holder should stop. */
  async heartbeat(imageId: string, attempt: string, claims: number, sofar?: BytesSofar): Promise<boolean> {
    const rows = await this.database.query({
      name: 'heartbeat',
      text: `update catalog.work set lease_until = now() + make_interval(secs => $4), bytes = coalesce($5, bytes),
               bytes_total = coalesce($6, bytes_total)
             where image_id = $1 and attempt = $2 and claims = $3 and state = 'running' returning 1`,
      values: [imageId, attempt, claims, this.leaseSeconds, sofar?.bytes.toString(), sofar?.total?.toString()],
    });
    return rows.length > 0;
  }

  /** Uploads and imports whose holder went silent. */
  async expired(limit: number): Promise<Work[]> {
    return this.database.query<Work>({
      name: 'expired-work',
      // served by work_running
      text: `select ${workColumns} from catalog.work where state = 'running' and lease_until < now()
             order by lease_until limit $1`,
      values: [limit],
    });
  }

  /** Imports that have been due for `seconds`, whose jobs may have been lost. Items of bulk imports: BulkBacklog. */
  async overdue(seconds: number, limit: number): Promise<Work[]> {
    return this.database.query<Work>({
      name: 'overdue-work',
      // served by work_waiting
      text: `select ${workColumns} from catalog.work
             where state = 'waiting' and batch_id is null and not_before < now() - make_interval(secs => $1) order by not_before limit $2`,
      values: [seconds, limit],
    });
  }

  /** To be run in the append that requests the import. */
  credentialStatement(
    imports: readonly { readonly imageId: string; readonly task: string; readonly sealed: Buffer }[],
  ): Statement {
    return {
      name: 'keep-credential',
      text: `update catalog.work w set credential = g.sealed
             from unnest($1::uuid[], $2::text[], $3::bytea[]) g (image_id, attempt, sealed)
             where w.image_id = g.image_id and w.attempt = g.attempt`,
      values: [imports.map((one) => one.imageId), imports.map((one) => one.task), imports.map((one) => one.sealed)],
    };
  }

  async credential(imageId: string, task: string): Promise<Buffer | undefined> {
    const [row] = await this.database.query<{ credential: Buffer | null }>({
      name: 'credential',
      text: 'select credential from catalog.work where image_id = $1 and attempt = $2',
      values: [imageId, task],
    });
    return row?.credential ?? undefined;
  }

  /** Blobs of one image that wait to be purged. */
  async doomed(imageId: string): Promise<BlobRef[]> {
    return this.database.query<BlobRef>({
      name: 'doomed-blobs',
      text: `select store, key from catalog.blobs where image_id = $1 and state = 'doomed'`,
      values: [imageId],
    });
  }

  /** Images with blobs that have been doomed for `seconds`. */
  async imagesWithDoomedBlobs(seconds: number, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ image_id: string }>({
      name: 'images-with-doomed-blobs',
      // served by blobs_doomed
      text: `select image_id from catalog.blobs where state = 'doomed' and since < now() - make_interval(secs => $1)
             group by image_id limit $2`,
      values: [seconds, limit],
    });
    return rows.map((row) => row.image_id);
  }

  /** Which of these keys of a store the log knows of. */
  async known(store: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ key: string }>({
      name: 'known-blobs',
      // served by blobs_by_place
      text: 'select distinct key from catalog.blobs where store = $1 and key = any($2::text[])',
      values: [store, keys],
    });
    return new Set(rows.map((row) => row.key));
  }
}

const workColumns = 'image_id as "imageId", kind, attempt, claims';
