import type { Readable } from 'node:stream';
import type { ObjectWriter } from '#object-store';
import { assertAdmitted, assertAdmittedSofar, RefusedData, virtualSizeOf, type Admission } from './admission.js';
import { slabSize } from './digest/digest-messages.js';
import { digestPool, type DigestPool, type DigestStream } from './digest/digest-pool.js';
import { Inspection } from './format/inspection.js';

export interface IngestOptions {
  /** Fails with `size-limit` as soon as more bytes than this arrive. */
  readonly sizeLimit?: bigint;
  /** What the client announced; more or fewer bytes fail with `size-mismatch`. */
  readonly expectedSize?: bigint;
  /** Fails with RefusedData, as soon as it is known, when this does not let the data pass. */
  readonly admission?: Admission | undefined;
  /** A digest beside md5 and sha512. */
  readonly alsoDigest?: 'sha256' | undefined;
  readonly signal?: AbortSignal;
  /** Called about once a slab with the bytes seen so far. */
  readonly onProgress?: (bytes: bigint) => void;
  /** for tests; the process's own by default */
  readonly pool?: DigestPool;
}

/** What one pass over the bytes has found. */
export interface Ingested {
  /** bytes */
  readonly size: bigint;
  /** lower-case hex */
  readonly md5: string;
  /** lower-case hex */
  readonly sha512: string;
  /** where it was asked for */
  readonly sha256?: string;
  /** what the data looks like; `raw` when it looks like nothing that is known */
  readonly format: string;
  /** bytes that a guest sees; undefined when the format does not say */
  readonly virtualSize: bigint | undefined;
}

export type IngestErrorCode = 'size-limit' | 'size-mismatch' | 'source-failed' | 'aborted';

/** The bytes were not taken, and why. Failures of the store come through as its StoreError, refusals as RefusedData. */
export class IngestError extends Error {
  constructor(
    readonly code: IngestErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'IngestError';
  }
}

/**
 * Moves every byte of `source` into `writer` on one pass, digesting and inspecting on the way, and commits.
 * On any failure the writer is aborted and the source no longer read before this rejects.
 */
export async function ingest(source: Readable, writer: ObjectWriter, options: IngestOptions = {}): Promise<Ingested> {
  const pass = new Pass(source, writer, options);
  try {
    const found = await pass.run();
    await writer.commit();
    return found;
  } catch (error) {
    source.pause();
    await pass.writesEnded();
    await writer.abort();
    throw error;
  } finally {
    pass.release();
  }
}

/**
 * One pass. Chunks are copied into slabs of shared memory; a full slab goes to the digest threads and the writer at the
 * same time, and is filled again when all of them are done with it. No free slab: the source pauses.
 */
class Pass {
  private readonly digests: DigestStream;
  private readonly inspection = new Inspection();
  private readonly free: number[] = [];
  /** readers of each slab that are not done yet: the digests (as one) and the writer */
  private readonly readers: number[];
  private current: number | undefined;
  private filled = 0;
  private size = 0n;
  private writes: Promise<void> = Promise.resolve();
  private rest: Uint8Array | undefined;
  private ended = false;
  private isJudged = false;
  private settle!: { resolve: () => void; reject: (error: unknown) => void };

  constructor(
    private readonly source: Readable,
    private readonly writer: ObjectWriter,
    private readonly options: IngestOptions,
  ) {
    this.digests = (options.pool ?? digestPool).open(
      (slab) => this.slabRead(slab),
      (error) => this.settle.reject(error),
      options.alsoDigest,
    );
    this.readers = this.digests.slabs.map(() => 0);
    this.free.push(...this.digests.slabs.keys());
  }

  async run(): Promise<Ingested> {
    const { expectedSize, signal } = this.options;
    const onAbort = () => this.settle.reject(new IngestError('aborted', reasonOf(signal)));
    try {
      await new Promise<void>((resolve, reject) => {
        this.settle = { resolve, reject };
        signal?.addEventListener('abort', onAbort);
        if (signal?.aborted) onAbort();
        else if (this.source.destroyed || this.source.readableEnded) this.onGone();
        else this.listen();
      });
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.stopListening();
    }
    if (expectedSize !== undefined && this.size !== expectedSize) {
      throw new IngestError(
        'size-mismatch',
        `The data ended after ${this.size} of the ${expectedSize} bytes announced.`,
      );
    }
    const [digests] = await Promise.all([this.digests.finish(), this.writes]);
    const found = this.inspection.finish();
    const { admission } = this.options;
    if (admission) assertAdmitted(found, admission);
    const virtualSize = virtualSizeOf(found, admission?.diskFormat ?? null);
    return { size: this.size, ...digests, format: found.format, virtualSize };
  }

  /** The writer is done with every slab, one way or the other. */
  writesEnded(): Promise<void> {
    return this.writes.catch(() => undefined);
  }

  release(): void {
    void this.digests.release();
  }

  private listen(): void {
    this.source.on('data', this.onData).on('end', this.onEnd).on('error', this.onError).on('close', this.onClose);
  }

  private stopListening(): void {
    this.source.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose);
    // An error after the end is nobody's any more, and must not end the process.
    this.source.off('error', this.onError).on('error', () => undefined);
    // A slab that comes free now must not be filled with what was waiting, nor make the source go on.
    this.rest = undefined;
  }

  private readonly onData = (chunk: Uint8Array): void => {
    this.size += BigInt(chunk.byteLength);
    const { sizeLimit, expectedSize } = this.options;
    if (sizeLimit !== undefined && this.size > sizeLimit) {
      this.fail('size-limit', `The data is larger than the ${sizeLimit} bytes that are allowed.`);
    } else if (expectedSize !== undefined && this.size > expectedSize) {
      this.fail('size-mismatch', `There is more data than the ${expectedSize} bytes announced.`);
    } else {
      this.take(chunk);
    }
  };

  private readonly onEnd = (): void => {
    this.ended = true;
    if (this.rest) return;
    this.flush();
    this.settle.resolve();
  };

  private readonly onError = (error: Error): void => {
    // What decompresses on the way has its own judgement.
    if (error instanceof RefusedData) this.settle.reject(error);
    else this.fail('source-failed', `The data stopped after ${this.size} bytes: ${error.message}`, error);
  };

  private readonly onClose = (): void => {
    if (!this.ended) this.fail('source-failed', `The connection was cut after ${this.size} bytes.`);
  };

  /** Cut before the pass began, or read by somebody else: no event would ever come. */
  private onGone(): void {
    if (this.source.errored) this.onError(this.source.errored);
    else this.onClose();
  }

  private fail(code: IngestErrorCode, message: string, cause?: unknown): void {
    this.settle.reject(new IngestError(code, message, { cause }));
  }

  /** Copies into slabs; false when there was not room for all: the rest waits, and the source is paused. */
  private take(chunk: Uint8Array): boolean {
    let offset = 0;
    while (offset < chunk.byteLength) {
      this.current ??= this.free.pop();
      if (this.current === undefined) {
        this.rest = chunk.subarray(offset);
        this.source.pause();
        return false;
      }
      const part = chunk.subarray(offset, offset + slabSize - this.filled);
      this.digests.slabs[this.current]!.set(part, this.filled);
      this.filled += part.byteLength;
      offset += part.byteLength;
      if (this.filled === slabSize) this.flush();
    }
    return true;
  }

  /** Hands the current slab to its readers. */
  private flush(): void {
    if (this.current === undefined || this.filled === 0) return;
    const slab = this.current;
    const bytes = this.digests.slabs[slab]!.subarray(0, this.filled);
    this.current = undefined;
    this.filled = 0;
    this.readers[slab] = 2;
    this.digests.update(slab, bytes.byteLength);
    this.inspect(bytes);
    this.writes = this.writes.then(() => this.writer.write(bytes)).then(() => this.slabRead(slab));
    this.writes.catch((error: unknown) => this.settle.reject(error));
    this.options.onProgress?.(this.size);
  }

  /** A terabyte of it need not be sent to hear of what the first bytes have shown. */
  private inspect(bytes: Uint8Array): void {
    this.inspection.push(bytes);
    const { admission } = this.options;
    if (this.isJudged || !admission || !this.inspection.needsOnlyTail) return;
    this.isJudged = true;
    try {
      assertAdmittedSofar(this.inspection.sofar(), admission);
    } catch (error) {
      this.settle.reject(error);
    }
  }

  private slabRead(slab: number): void {
    this.readers[slab]!--;
    if (this.readers[slab]! > 0) return;
    this.free.push(slab);
    const { rest } = this;
    if (!rest) return;
    this.rest = undefined;
    if (!this.take(rest)) return;
    if (this.ended) this.onEnd();
    else this.source.resume();
  }
}

function reasonOf(signal: AbortSignal | undefined): string {
  return signal?.reason instanceof Error ? signal.reason.message : 'The transfer was stopped.';
}
