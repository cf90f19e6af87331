import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { RefusedData } from '../admission.js';
import { bzip2 } from '../format/bzip2.js';
import { gzip } from '../format/gzip.js';
import { Inspection } from '../format/inspection.js';
import { xz } from '../format/xz.js';
import { zstd } from '../format/zstd.js';
import { ProgramError, type Confinement } from './confinement.js';

/** gzip is Node's own; the others' programs are found by these names. */
export const compressions = ['gzip', 'xz', 'bzip2', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

/** The longest that one of them needs to be known. */
const headLength = 10;
/** Bytes that may come of anything, however small; beyond them the ratio counts. */
const freely = 64n << 20n;

export interface DecompressionOptions {
  /** times as much that may come out as went in */
  readonly ratio: number;
  /** bytes that anything may have in the end */
  readonly sizeLimit: bigint;
  readonly confinement: Confinement;
}

/** Data that comes decompressed. */
export interface Decompressed {
  readonly stream: Readable;
  readonly format: Compression;
  /** bytes of it that have come so far, compressed */
  readonly size: bigint;
}

/** Data as it comes; reading it is what moves it. */
export interface Examined {
  /** the same bytes; destroying it destroys the source */
  readonly stream: Readable;
  /** what it is compressed by */
  readonly compression: Compression | undefined;
}

/** Looks at the first bytes. */
export async function examine(source: Readable): Promise<Examined> {
  // An error that comes when nobody reads any more must not end the process.
  source.on('error', () => undefined);
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  let failed: { readonly error: unknown } | undefined;
  try {
    while (head.length < headLength) {
      const next = await chunks.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
  } catch (error) {
    // Whoever reads on is told.
    failed = { error };
  }
  const inspection = new Inspection([gzip, xz, bzip2, zstd]);
  inspection.push(head);
  const { format } = inspection.finish();
  const compression = compressions.find((one) => one === format);
  return { stream: readable(afterwards(head, chunks, failed)), compression };
}

async function* afterwards(
  head: Buffer,
  rest: AsyncIterator<Buffer>,
  failed: { readonly error: unknown } | undefined,
): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    if (failed) throw failed.error;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

const readable = (bytes: AsyncIterable<Buffer>) =>
  Readable.from(bytes, { objectMode: false }).on('error', () => undefined);

/**
 * Decompresses on the way. The stream fails with RefusedData when more comes out than the ratio allows, or when the data is
 * damaged; with what the source fails with, when that fails.
 */
export function decompress(source: Readable, format: Compression, options: DecompressionOptions): Decompressed {
  source.on('error', () => undefined);
  const run = new Decompression(source, format, options);
  const stream = readable(run.bytes());
  return {
    stream,
    format,
    get size() {
      return run.taken;
    },
  };
}

class Decompression {
  /** compressed bytes that went in */
  taken = 0n;
  private given = 0n;

  constructor(
    private readonly source: Readable,
    private readonly format: Compression,
    private readonly options: DecompressionOptions,
  ) {}

  async *bytes(): AsyncGenerator<Buffer> {
    const tool = this.format === 'gzip' ? gunzip() : this.program(this.format);
    let isOver = false;
    let broken: { readonly error: unknown } | undefined;
    const fed = this.feed(tool.input).catch((error: unknown) => {
      if (!isOver) broken = { error };
      tool.stop();
    });
    try {
      for await (const chunk of tool.output as AsyncIterable<Buffer>) {
        this.given += BigInt(chunk.length);
        this.assertBelievable();
        yield chunk;
      }
      await tool.done();
    } catch (error) {
      // Of two failures the source's is the reason.
      if (broken) throw broken.error;
      throw this.refusal(error);
    } finally {
      isOver = true;
      tool.stop();
      this.source.destroy();
      await fed;
    }
    if (broken) throw broken.error;
  }

  /** Ends when all went in, or when the tool takes nothing any more: it has failed then, or knows of an end before the end. */
  private async feed(input: Writable): Promise<void> {
    const gone = finished(input, { readable: false }).catch(() => undefined);
    for await (const chunk of this.source as AsyncIterable<Buffer>) {
      this.taken += BigInt(chunk.length);
      if (input.destroyed) return;
      if (!input.write(chunk)) await Promise.race([once(input, 'drain'), gone]);
    }
    input.end();
  }

  private assertBelievable(): void {
    const { ratio } = this.options;
    if (this.given <= freely || this.given <= this.taken * BigInt(ratio)) return;
    const sofar = `${this.taken} bytes of ${this.format} became more than ${ratio} times as many`;
    throw new RefusedData(`The data is refused: ${sofar} when they were decompressed (decompression-bomb).`);
  }

  private refusal(error: unknown): unknown {
    const isDamaged = error instanceof ProgramError ? !error.mayPass : isZlibs(error);
    if (!isDamaged) return error;
    const said = (error as Error).message;
    return new RefusedData(`The data (${this.format}) cannot be decompressed: ${said} (compression-damaged).`);
  }

  private program(format: Exclude<Compression, 'gzip'>): Tool {
    const { confinement, sizeLimit } = this.options;
    // 8 MiB a second is what a slow machine decompresses; files it writes none.
    const limits = { cpuSeconds: 600 + Number(sizeLimit / (8n << 20n)), fileSize: 0n };
    const running = confinement.run([format, '-d', '-c'], limits);
    return {
      input: running.child.stdin,
      output: running.child.stdout,
      done: () => running.done,
      stop: () => running.stop(new Error('the decompression was stopped')),
    };
  }
}

interface Tool {
  readonly input: Writable;
  readonly output: Readable;
  /** rejects when it ended, but not well */
  done(): Promise<void>;
  /** nothing more is wanted of it */
  stop(): void;
}

function gunzip(): Tool {
  const stream = createGunzip({ chunkSize: 1 << 18 });
  return {
    input: stream,
    output: stream,
    done: () => Promise.resolve(),
    stop: () => void stream.destroy(),
  };
}

const isZlibs = (error: unknown) =>
  error instanceof Error && 'code' in error && /^Z_|^ERR_ZLIB/.test(String(error.code));
