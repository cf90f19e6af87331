import { Worker } from 'node:worker_threads';
import type { FromDigestWorker, ToDigestWorker } from './digest-messages.js';

interface Pending {
  readonly onSlab: (slab: number) => void;
  readonly onDigest: (digest: string) => void;
  readonly onFailure: (error: Error) => void;
}

/** One thread that computes one kind of digest for many streams; started again after a crash. */
export class DigestThread {
  private worker: Worker | undefined;
  private readonly streams = new Map<number, Pending>();
  private readonly dropped = new Map<number, () => void>();

  constructor(private readonly algorithm: 'md5' | 'sha512' | 'sha256') {}

  get load(): number {
    return this.streams.size;
  }

  start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL('./digest.worker.js', import.meta.url), {
      workerData: { algorithm: this.algorithm },
      // It allocates nothing but hashes: a small heap keeps the process small.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
    });
    worker.on('message', (message: FromDigestWorker) => {
      const pending = this.streams.get(message.stream);
      if ('dropped' in message) {
        this.dropped.get(message.stream)?.();
        this.dropped.delete(message.stream);
      } else if ('digest' in message) {
        this.streams.delete(message.stream);
        pending?.onDigest(message.digest);
      } else {
        pending?.onSlab(message.slab);
      }
    });
    worker.on('error', () => undefined);
    worker.on('exit', (code) => this.crashed(worker, code));
    worker.unref();
    this.worker = worker;
    return worker;
  }

  open(stream: number, ring: SharedArrayBuffer, pending: Pending): void {
    this.streams.set(stream, pending);
    this.post({ do: 'open', stream, ring });
  }

  post(message: ToDigestWorker): void {
    this.start().postMessage(message);
  }

  /** Resolves when nothing of the stream's is read any more. */
  async drop(stream: number): Promise<void> {
    if (!this.streams.delete(stream) || !this.worker) return;
    const gone = new Promise<void>((resolve) => this.dropped.set(stream, resolve));
    this.post({ do: 'drop', stream });
    await gone;
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private crashed(worker: Worker, code: number): void {
    if (this.worker === worker) this.worker = undefined;
    const failed = [...this.streams.values()];
    this.streams.clear();
    for (const resolve of this.dropped.values()) resolve();
    this.dropped.clear();
    for (const { onFailure } of failed) onFailure(new Error(`the ${this.algorithm} thread ended with ${code}`));
  }
}
