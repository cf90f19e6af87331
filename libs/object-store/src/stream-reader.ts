import type { Readable } from 'node:stream';
import type { ObjectReader, StoreError } from './object-store.js';

/** An object that comes as the body of an answer. */
export class StreamReader implements ObjectReader {
  constructor(
    private readonly body: Readable,
    readonly size: bigint,
    /** a failure of the body in the store's words */
    private readonly told: (error: unknown) => StoreError,
  ) {
    // A body that nobody has begun to read may be cut as well.
    body.on('error', () => undefined);
  }

  stream(): Readable {
    return this.body;
  }

  async each(take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const chunks = this.body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const next = await chunks.next().catch((error: unknown) => {
          throw this.told(error);
        });
        if (next.done) return;
        await take(next.value);
      }
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.body.destroy();
    return Promise.resolve();
  }
}
