import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FileStore, type ObjectWriter } from '#object-store';

/** A real file store, with a look at the files that it keeps for itself. */
export class Scratch {
  private readonly directory = mkdtempSync(join(tmpdir(), 'vitrine-ingest-'));
  readonly store = new FileStore('local', this.directory);

  async bytes(key: string): Promise<Buffer> {
    return buffer((await this.store.read(key)).stream());
  }

  /** Objects and what was left of unfinished ones. */
  files(): string[] {
    const entries = readdirSync(this.directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

export const digestsOf = (bytes: Uint8Array) => ({
  md5: createHash('md5').update(bytes).digest('hex'),
  sha512: createHash('sha512').update(bytes).digest('hex'),
});

/** The bytes as a stream of chunks of one length. */
export function inChunksOf(length: number, bytes: Buffer): Readable {
  const count = Math.ceil(bytes.length / length);
  return Readable.from(
    Array.from({ length: count }, (_, n) => bytes.subarray(n * length, (n + 1) * length)),
    { objectMode: false },
  );
}

/** A source as good as endless (1 GiB: a reader that never stops shall not take the machine); `taken` is what a reader has had of it. */
export function endless(chunkLength: number): { readonly source: Readable; taken(): number } {
  const chunk = randomBytes(chunkLength);
  let given = 0;
  const give = () => {
    given += chunkLength;
    source.push(given < 1 << 30 ? chunk : null);
  };
  const source = new Readable({ highWaterMark: chunkLength, read: () => void setImmediate(give) });
  return { source, taken: () => given - source.readableLength };
}

/** The event loop goes round: whatever was about to happen by itself has happened. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Waits for what will become true, at most about ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 2000) throw new Error(`still not: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Faults {
  /** Called with the number of the write, from 1; the write waits for it, and fails with it. */
  readonly write?: (number: number) => Promise<void> | void;
}

/** A store's own writer, watched; slow or failing where a real one cannot be made to be. */
export class WatchedWriter implements ObjectWriter {
  readonly calls: ('write' | 'commit' | 'abort')[] = [];
  /** bytes of which the memory was given back */
  written = 0;
  /** calls that did not wait for the one before */
  overlaps = 0;
  private running = 0;
  private writes = 0;

  constructor(
    private readonly inner: ObjectWriter,
    private readonly faults: Faults = {},
  ) {}

  write(chunk: Uint8Array): Promise<void> {
    return this.watch('write', async () => {
      await this.faults.write?.(++this.writes);
      await this.inner.write(chunk);
      this.written += chunk.byteLength;
    });
  }

  commit(): Promise<void> {
    return this.watch('commit', () => this.inner.commit());
  }

  abort(): Promise<void> {
    return this.watch('abort', () => this.inner.abort());
  }

  private async watch(call: (typeof this.calls)[number], run: () => Promise<void>): Promise<void> {
    this.calls.push(call);
    if (this.running++ > 0) this.overlaps++;
    await run().finally(() => this.running--);
  }
}

/** A door that is shut until it is opened. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open!: () => void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}
