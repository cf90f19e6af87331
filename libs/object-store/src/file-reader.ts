import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileError } from './file-error.js';
import { StoreError, type ObjectReader } from './object-store.js';

/** Reads of 1 MiB: three times the throughput of Node's 64 KiB at a third of the CPU (STACK.md, "Bytes"). */
const readSize = 1 << 20;
const sparePairs: (readonly [Buffer, Buffer])[] = [];
/** Kept for downloads to come, 2 MiB each: what runs beyond allocates, at a third more of the CPU time that is not the kernel's. */
const mostSparePairs = 16;

/** One file from `start` to before `end`. */
export class FileReader implements ObjectReader {
  private closing: Promise<void> | undefined;

  constructor(
    private readonly store: string,
    private readonly file: FileHandle,
    readonly size: bigint,
    private readonly start: bigint,
    private readonly end: bigint,
  ) {}

  stream(): Readable {
    // A range of nothing cannot be said in inclusive ends; an empty file has no first byte.
    const ends = this.end > this.start && { start: Number(this.start), end: Number(this.end) - 1 };
    this.closing = Promise.resolve();
    return this.file.createReadStream({ highWaterMark: readSize, ...ends });
  }

  /**
   * Two buffers, used in turn. A stream would allocate one a read, which costs half of the throughput, and most of it
   * in a process whose heap is large: every 64 MiB outside of the heap make V8 mark all of it (docs/adr/0006).
   */
  async each(take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const pair = sparePairs.pop() ?? ([Buffer.allocUnsafeSlow(readSize), Buffer.allocUnsafeSlow(readSize)] as const);
    let taken: Promise<void> = Promise.resolve();
    try {
      for (let position = this.start, turn = 0; position < this.end; turn ^= 1) {
        const chunk = await this.fill(pair[turn as 0 | 1], position);
        await taken;
        taken = take(chunk);
        taken.catch(() => undefined);
        position += BigInt(chunk.length);
      }
      await taken;
      // Only after a success: else somebody may still look at them.
      if (sparePairs.length < mostSparePairs) sparePairs.push(pair);
    } finally {
      await this.close();
    }
  }

  close(): Promise<void> {
    this.closing ??= this.file.close();
    return this.closing;
  }

  private async fill(buffer: Buffer, position: bigint): Promise<Buffer> {
    const left = this.end - position;
    const wanted = left < readSize ? Number(left) : readSize;
    try {
      const { bytesRead } = await this.file.read(buffer, 0, wanted, Number(position));
      if (bytesRead === 0) throw new StoreError('unavailable', this.store, `the file ends at byte ${position}`);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw fileError(this.store, error);
    }
  }
}
