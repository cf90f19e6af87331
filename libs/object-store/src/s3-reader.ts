import type { Readable } from 'node:stream';
import type { ObjectReader } from './object-store.js';
import { s3Error } from './s3-error.js';

/** The body of an answer. */
export class S3Reader implements ObjectReader {
  constructor(
    private readonly store: string,
    private readonly body: Readable,
    readonly size: bigint,
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
          throw s3Error(this.store, error);
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
