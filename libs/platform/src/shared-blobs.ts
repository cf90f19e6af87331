import pLimit from 'p-limit';
import type { BlobPlaces, HeldPlaces, ReceivedData } from '#catalog';
import type { BlobRef } from '#domain';
import { StoreError } from '#object-store';
import type { Stores } from './stores.js';

/** Each holds a connection to the database while it asks for another one, of which some must be left. */
const mostAtOnce = 4;

/** Equal data is kept once in a store: docs/adr/0028. */
export class SharedBlobs {
  private readonly limited = pLimit(mostAtOnce);

  constructor(
    private readonly places: BlobPlaces,
    private readonly stores: Pick<Stores, 'get'>,
  ) {}

  /**
   * `blob` holds the data, and `complete` makes it the image's: told the key of an object that has the same data and is kept
   * instead, or undefined. What is not kept is removed afterwards.
   */
  async settle<T>(blob: BlobRef, data: ReceivedData, complete: (shared?: string) => Promise<T>): Promise<T> {
    const store = this.stores.get(blob.store);
    if (store.readOnly) return complete();
    let shared: string | undefined;
    const result = await this.alone(async (held) => {
      await held.holdData(store.name, data.sha512);
      shared = await this.twinThatIsThere(held, blob, data);
      return complete(shared);
    });
    // Left to the sweeper if that fails: no event names it.
    if (shared !== undefined) await store.delete(blob.key).catch(ignoreStore);
    return result;
  }

  /** Removes an object, unless an image needs it. */
  async remove(blob: BlobRef): Promise<void> {
    await this.alone(async (held) => {
      await held.holdPlace(blob);
      if (!(await held.isInUse(blob))) await this.stores.get(blob.store).delete(blob.key);
    });
  }

  private alone<T>(work: (held: HeldPlaces) => Promise<T>): Promise<T> {
    return this.limited(() => this.places.alone(work));
  }

  /** Nothing is given up for an object that the store has lost, or whose last image goes this moment. */
  private async twinThatIsThere(held: HeldPlaces, { store, key }: BlobRef, data: ReceivedData) {
    const twin = await held.twin(store, data);
    if (twin === undefined || twin === key) return undefined;
    await held.holdPlace({ store, key: twin });
    if (!(await held.isInUse({ store, key: twin }))) return undefined;
    const entry = await this.stores.get(store).stat(twin).catch(ignoreStore);
    return entry?.size === data.size ? twin : undefined;
  }
}

function ignoreStore(error: unknown): undefined {
  if (!(error instanceof StoreError)) throw error;
}
