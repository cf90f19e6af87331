import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** What was not used is not saved up for longer than this. */
const burstMs = 100;

/** So many bytes a second for all that is downloaded together, whose chunks take turns in the order in which they came. */
export class Bandwidth {
  /** of `performance.now()`: when everything let through so far has had its time */
  private usedUntil = 0;

  /** undefined: no limit */
  constructor(private readonly bytesPerSecond: number | undefined) {}

  paced(source: Readable): Readable {
    const { bytesPerSecond } = this;
    if (bytesPerSecond === undefined) return source;
    return Readable.from(this.chunks(source, bytesPerSecond), { objectMode: false });
  }

  private async *chunks(source: Readable, bytesPerSecond: number): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const now = performance.now();
      this.usedUntil = Math.max(this.usedUntil, now - burstMs) + (1000 * chunk.byteLength) / bytesPerSecond;
      if (this.usedUntil > now) await delay(this.usedUntil - now);
      yield chunk;
    }
  }
}
