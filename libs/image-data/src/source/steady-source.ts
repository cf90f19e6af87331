import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { openWebSource, WebSourceError, type WebSource, type WebSourceOptions } from './web-source.js';

export interface SteadySourceOptions extends Omit<WebSourceOptions, 'range'> {
  /** the whole is compared with a digest in the end, so that a part may come from a mirror that has no tag in common */
  readonly isVerified: boolean;
  /** the first pause, which doubles */
  readonly pauseMs?: number;
}

/** resumptions in a row that bring nothing */
const mostFruitless = 4;
/** of one download: whoever cuts more often is left for another attempt */
const mostResumptions = 30;
const longestWaitSeconds = 10;

/**
 * Data from the first of the mirrors that gives it. A download that breaks off goes on where it was (Range, If-Range), at
 * the same mirror or at another; data that changed meanwhile is an error and never a mixture.
 * @throws ForbiddenSource, WebSourceError when none of them gives it
 */
export async function openSteadySource(
  mirrors: readonly string[],
  options: SteadySourceOptions,
  signal: AbortSignal,
): Promise<Pick<WebSource, 'stream' | 'size' | 'close'>> {
  let failure: unknown;
  for (const [index, uri] of mirrors.entries()) {
    try {
      const source = await openWebSource(uri, options, signal);
      const download = new SteadyDownload(mirrors, index, source, options, signal);
      const stream = Readable.from(download.chunks(), { objectMode: false });
      const close = () => {
        stream.destroy();
        return download.close();
      };
      return { stream, size: source.size, close };
    } catch (error) {
      failure ??= error;
      if (signal.aborted) break;
    }
  }
  throw failure;
}

class SteadyDownload {
  private received = 0n;
  private readonly size: bigint | undefined;
  private readonly validator: string | undefined;
  private isClosed = false;

  constructor(
    private readonly mirrors: readonly string[],
    private mirror: number,
    private source: WebSource,
    private readonly options: SteadySourceOptions,
    private readonly signal: AbortSignal,
  ) {
    ({ size: this.size, validator: this.validator } = source);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.source.close();
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const first = this.mirror;
    let fruitless = 0;
    for (let resumptions = 0; ; resumptions++) {
      const before = this.received;
      let broken: unknown;
      try {
        for await (const chunk of this.source.stream as AsyncIterable<Buffer>) {
          this.received += BigInt(chunk.byteLength);
          yield chunk;
        }
        if (this.size === undefined || this.received >= this.size) return;
        broken = new WebSourceError(`The connection was cut after ${this.received} of ${this.size} bytes.`, false);
      } catch (error) {
        broken = error;
      }
      if (this.isClosed) return;
      fruitless = this.received > before ? 0 : fruitless + 1;
      if (this.signal.aborted || fruitless > mostFruitless || resumptions >= mostResumptions) throw broken;
      await this.source.close();
      fruitless = await this.resume(fruitless, first, broken);
    }
  }

  private get hasOthers(): boolean {
    return this.options.isVerified && this.mirrors.length > 1;
  }

  /** Opens the rest; how often in a row that was in vain. */
  private async resume(fruitless: number, first: number, broken: unknown): Promise<number> {
    for (let failed = fruitless; ; failed++) {
      await this.pause(failed);
      // A part without a tag in common comes from where the whole did, unless a digest will tell in the end.
      if (this.options.isVerified && failed > 0) this.mirror = (this.mirror + 1) % this.mirrors.length;
      const ifRange = this.mirror === first ? this.validator : undefined;
      if (ifRange === undefined && !this.options.isVerified) throw broken;
      try {
        const resumption = { start: this.received, ifRange };
        const source = await openWebSource(this.mirrors[this.mirror]!, this.options, this.signal, resumption);
        this.source = source;
        if (this.isClosed) await source.close();
        if (this.size === undefined || source.size === this.size) return failed;
        throw new WebSourceError(`The data at the server changed: it has ${source.size} bytes now.`, false);
      } catch (error) {
        const isLong = error instanceof WebSourceError && (error.retryAfterSeconds ?? 0) > longestWaitSeconds;
        const isOver = this.signal.aborted || this.isClosed || isLong || failed >= mostFruitless;
        // What cannot go on here can begin again: the whole is not lost for good.
        if (isOver || (isFinal(error) && !this.hasOthers)) throw isFinal(error) ? broken : error;
        if (error instanceof WebSourceError && error.retryAfterSeconds) {
          await delay(error.retryAfterSeconds * 1000, undefined, { signal: this.signal });
        }
      }
    }
  }

  /** Twice as long each time, with up to a half more so that not all come back at once. */
  private async pause(failed: number): Promise<void> {
    const { pauseMs = 250 } = this.options;
    await delay(pauseMs * 2 ** failed * (1 + Math.random() / 2), undefined, { signal: this.signal });
  }
}

const isFinal = (error: unknown) => error instanceof WebSourceError && error.final;
