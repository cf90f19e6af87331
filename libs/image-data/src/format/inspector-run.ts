import { Bytes, Truncated } from './bytes.js';
import { longestRegion, type Findings, type Inspector, type Reading, type Region } from './inspector.js';
import type { Tail } from './tail.js';

const nothing = Buffer.alloc(0);
/** A region's first buffer; it grows only with the bytes that come. */
const firstBuffer = 4096;

/** One inspector on its way along one stream. Whatever it does, nothing is thrown. */
export class InspectorRun {
  /** The format is this one, whatever else is found out. */
  matched = false;
  findings: Findings = { virtualSize: undefined, dangers: [] };
  /** what it threw; never because of the bytes, unless it has a bug */
  fault: unknown;
  private readonly steps: Reading<void>;
  private wanted: Region | undefined;
  private buffer = nothing;
  private filled = 0;
  /** bytes of regions that the inspector was given and may still look at */
  private given = 0;
  /** end of the last region in the stream that was asked for: what lies before has passed by, however the bytes came */
  private passed = 0;

  constructor(readonly inspector: Inspector) {
    this.steps = this.run();
    this.advance(undefined);
  }

  /** It waits for a region that the stream has still to bring. */
  get isReading(): boolean {
    return this.wanted !== undefined && 'start' in this.wanted;
  }

  get held(): number {
    return this.given + this.buffer.byteLength;
  }

  /** The chunk that begins at this position. */
  take(position: number, chunk: Uint8Array): void {
    const end = position + chunk.byteLength;
    while (this.wanted !== undefined && 'start' in this.wanted) {
      const { start, length } = this.wanted;
      const from = start + this.filled;
      if (from >= end) return;
      this.keep(chunk.subarray(from - position, from - position + length - this.filled));
      if (this.filled < length) return;
      this.deliver(start);
    }
  }

  /** The stream has ended: regions that reach over its end are given as they are, then its last bytes. */
  finish(tail: Tail, size: number): void {
    while (this.wanted !== undefined) {
      if ('last' in this.wanted) {
        const bytes = tail.last(this.wanted.last);
        this.advance(new Bytes(size - bytes.byteLength, bytes));
      } else this.deliver(this.wanted.start);
    }
  }

  private *run(): Reading<void> {
    const recognized = yield* this.inspector.recognize();
    if (recognized === undefined) return;
    this.matched = true;
    const reading = this.inspector.read(recognized);
    this.findings = 'next' in reading ? yield* reading : reading;
  }

  private deliver(start: number): void {
    const bytes = new Bytes(start, this.buffer.subarray(0, this.filled));
    this.given += this.buffer.byteLength;
    this.buffer = nothing;
    this.filled = 0;
    this.advance(bytes);
  }

  /** On to the next region that can still be had. */
  private advance(bytes: Bytes | undefined): void {
    let given = bytes ?? new Bytes(0, nothing);
    for (;;) {
      this.wanted = this.next(given);
      if (this.wanted === undefined) this.given = 0;
      if (this.wanted === undefined || 'last' in this.wanted) return;
      const { start } = this.wanted;
      const length = Math.min(this.wanted.length, longestRegion);
      if (start >= this.passed && length > 0) {
        this.wanted = { start, length };
        this.passed = start + length;
        return;
      }
      given = new Bytes(start, nothing);
    }
  }

  private next(given: Bytes): Region | undefined {
    try {
      const step = this.steps.next(given);
      return step.done === true ? undefined : step.value;
    } catch (error) {
      const isTruncated = error instanceof Truncated;
      if (!isTruncated) this.fault = error;
      this.findings = { virtualSize: undefined, dangers: [isTruncated ? 'truncated' : 'unreadable'] };
      return undefined;
    }
  }

  /** Grows with what has come, never by what was asked for. */
  private keep(part: Uint8Array): void {
    const needed = this.filled + part.byteLength;
    if (needed > this.buffer.byteLength) {
      const grown = Buffer.alloc(Math.max(needed, Math.min(2 * this.buffer.byteLength, longestRegion), firstBuffer));
      this.buffer.copy(grown, 0, 0, this.filled);
      this.buffer = grown;
    }
    this.buffer.set(part, this.filled);
    this.filled = needed;
  }
}
