import { availableParallelism } from 'node:os';
import { slabCount, slabSize, slabsOf } from './digest-messages.js';
import { DigestThread } from './digest-thread.js';

const wasmPage = 64 << 10;

/** The digests of one stream. */
export interface Digests {
  readonly md5: string;
  readonly sha512: string;
  readonly sha256?: string;
}

export interface DigestStream {
  /** shared with the threads; filled by the stream's owner */
  readonly slabs: readonly Uint8Array[];
  /** Hands over the first `length` bytes of a slab; `onSlab` tells when both digests have read them. */
  update(slab: number, length: number): void;
  finish(): Promise<Digests>;
  /** Gives the slabs back, at the end or after a failure; resolves once nobody reads them any more. */
  release(): Promise<void>;
}

/** Pairs of threads, one for md5 and one for sha512: both at once go as fast as the slower one. */
export class DigestPool {
  /** sha256 starts when the first one asks for it */
  private readonly pairs: readonly Readonly<Record<'md5' | 'sha512' | 'sha256', DigestThread>>[];
  /**
   * As many as there ever were streams at once. None is given up: shared memory is freed when no thread refers to it any more,
   * and threads that make as little garbage as these do not look for years.
   */
  private readonly freeRings: SharedArrayBuffer[] = [];
  private streams = 0;

  constructor(pairs = Math.max(1, Math.floor(availableParallelism() / 2))) {
    this.pairs = Array.from({ length: pairs }, () => ({
      md5: new DigestThread('md5'),
      sha512: new DigestThread('sha512'),
      sha256: new DigestThread('sha256'),
    }));
  }

  /** Starts the threads and allocates a ring, so that the first upload finds them. */
  prewarm(): void {
    for (const { md5, sha512 } of this.pairs) {
      md5.start();
      sha512.start();
    }
    if (this.freeRings.length === 0) this.freeRings.push(newRing());
  }

  open(onSlab: (slab: number) => void, onFailure: (error: Error) => void, also?: 'sha256'): DigestStream {
    const stream = this.streams++;
    const ring = this.freeRings.pop() ?? newRing();
    const pair = this.pairs.reduce((best, one) => (one.md5.load < best.md5.load ? one : best));
    const threads = [pair.md5, pair.sha512, ...(also ? [pair[also]] : [])];
    const slabs = slabsOf(ring);
    const readers = slabs.map(() => 0);
    const digests = threads.map(
      (thread) =>
        new Promise<string>((resolve, reject) => {
          const pending = {
            onSlab: (slab: number) => {
              readers[slab]!--;
              if (readers[slab] === 0) onSlab(slab);
            },
            onDigest: resolve,
            onFailure: (error: Error) => {
              reject(error);
              onFailure(error);
            },
          };
          thread.open(stream, ring, pending);
        }),
    );
    // A stream that failed is not always finished.
    for (const digest of digests) digest.catch(() => undefined);
    return {
      slabs,
      update: (slab, length) => {
        readers[slab] = threads.length;
        for (const thread of threads) thread.post({ do: 'update', stream, slab, length });
      },
      finish: async () => {
        for (const thread of threads) thread.post({ do: 'finish', stream });
        const [md5, sha512, sha256] = await Promise.all(digests);
        return { md5: md5!, sha512: sha512!, ...(sha256 !== undefined && { sha256 }) };
      },
      release: async () => {
        // A thread may still be reading a slab of a stream that was dropped half-way.
        await Promise.all(threads.map((thread) => thread.drop(stream)));
        this.freeRings.push(ring);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.pairs.flatMap((threads) => Object.values(threads).map((thread) => thread.close())));
  }
}

/** WebAssembly's memory, because it begins on a page's border, as direct I/O wants it; a SharedArrayBuffer's does not. */
function newRing(): SharedArrayBuffer {
  const pages = (slabCount * slabSize) / wasmPage;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer;
}

/** What is used of it: the types of Node's version 20 do not have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
};

/** The pool of this process. */
export const digestPool = new DigestPool();
