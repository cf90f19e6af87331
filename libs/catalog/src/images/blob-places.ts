import type pg from 'pg';
import type { BlobRef } from '#domain';
import type { Database } from '#event-store';

/** Data that was received, and whose it is. */
export interface ReceivedData {
  readonly owner: string | null;
  /** bytes */
  readonly size: bigint;
  /** lower-case hex */
  readonly sha512: string;
}

/** Which images refer to an object, as the log tells it, asked while nobody else of those who ask may change the answer. */
export class BlobPlaces {
  constructor(private readonly database: Database) {}

  /** Of those that receive the same data into a store, and those that remove the same object, one at a time. */
  alone<T>(work: (held: HeldPlaces) => Promise<T>): Promise<T> {
    return this.database.transaction((client) => work(new HeldPlaces(client)));
  }
}

/** Locks, which end with the transaction, and what is asked under them. Of data first and then of a place: no two wait for each other. */
export class HeldPlaces {
  constructor(private readonly client: pg.PoolClient) {}

  holdData(store: string, sha512: string): Promise<void> {
    return this.hold(`data:${store}:${sha512}`);
  }

  holdPlace({ store, key }: BlobRef): Promise<void> {
    return this.hold(`place:${store}:${key}`);
  }

  /**
   * An object of the store with just this data, of the same project's image or of one that everybody sees: what others keep
   * private nobody learns of. Never one that somebody registered.
   */
  async twin(store: string, { owner, size, sha512 }: ReceivedData): Promise<string | undefined> {
    const { rows } = await this.client.query<{ key: string }>({
      name: 'twin-blob',
      // served by images_by_digest, and by the key of blobs
      text: `select b.key from catalog.images i join catalog.blobs b on b.image_id = i.id
             where i.os_hash_value = $1 and i.size = $2 and (i.owner = $3 or i.visibility in ('public', 'community'))
               and b.store = $4 and b.state = 'live' and b.key not like '%://%' limit 1`,
      values: [sha512, size.toString(), owner, store],
    });
    return rows[0]?.key;
  }

  /** Whether any image needs the object. */
  async isInUse({ store, key }: BlobRef): Promise<boolean> {
    const { rows } = await this.client.query({
      name: 'blob-in-use',
      // served by blobs_by_place
      text: `select from catalog.blobs where store = $1 and key = $2 and state <> 'doomed' limit 1`,
      values: [store, key],
    });
    return rows.length > 0;
  }

  private async hold(name: string): Promise<void> {
    await this.client.query({
      name: 'hold-place',
      text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
      values: [name],
    });
  }
}
