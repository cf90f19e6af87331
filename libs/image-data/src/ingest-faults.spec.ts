import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreError } from '#object-store';
import { slabCount, slabSize } from './digest/digest-messages.js';
import { DigestPool } from './digest/digest-pool.js';
import { ingest, type IngestOptions } from './ingest.js';
import { endless, gate, inChunksOf, Scratch, turns, until, WatchedWriter } from './ingest.spec-kit.js';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const pool = new DigestPool(1);
afterAll(() => pool.close());

const watched = async (faults = {}) => new WatchedWriter(await scratch.store.create('image/blob'), faults);

/** Unlike events.once, this hears no error. */
const closed = (source: Readable) => new Promise<void>((resolve) => source.once('close', resolve));

/** Nothing is left, the writer was let go once and last, and nobody reads the source any more. */
function expectNothing(writer: WatchedWriter, source: Readable): void {
  expect(scratch.files()).toEqual([]);
  expect(writer.calls.filter((call) => call === 'abort')).toHaveLength(1);
  expect(writer.calls.at(-1)).toBe('abort');
  expect(writer.overlaps).toBe(0);
  expect(source.isPaused()).toBe(true);
  expect(source.listenerCount('data')).toBe(0);
}

describe('a size that was agreed on', () => {
  const size = 2 * slabSize + 3;
  const refused = async (options: IngestOptions, chunk: number) => {
    const source = inChunksOf(chunk, randomBytes(size));
    const writer = await watched();
    const error = await ingest(source, writer, { pool, ...options }).catch((failure: unknown) => failure);
    expectNothing(writer, source);
    return error;
  };

  it('is taken when it is met exactly', async () => {
    const options = { pool, sizeLimit: BigInt(size), expectedSize: BigInt(size) };
    expect(await ingest(inChunksOf(1000, randomBytes(size)), await watched(), options)).toMatchObject({
      size: BigInt(size),
    });
    expect((await scratch.bytes('image/blob')).length).toBe(size);
  });

  it('of nothing is taken when nothing comes', async () => {
    expect(await ingest(Readable.from([]), await watched(), { pool, sizeLimit: 0n, expectedSize: 0n })).toMatchObject({
      size: 0n,
    });
  });

  it.each([1000, 3 * slabSize])('is a limit that one byte breaks: chunks of %i', async (chunk) => {
    expect(await refused({ sizeLimit: BigInt(size - 1) }, chunk)).toMatchObject({
      code: 'size-limit',
      message: `The data is larger than the ${size - 1} bytes that are allowed.`,
    });
  });

  it.each([1000, 3 * slabSize])('and announced too small is refused: chunks of %i', async (chunk) => {
    expect(await refused({ expectedSize: BigInt(size - 1) }, chunk)).toMatchObject({ code: 'size-mismatch' });
  });

  it('and announced too large is refused', async () => {
    expect(await refused({ expectedSize: BigInt(size + 1) }, 1000)).toMatchObject({
      code: 'size-mismatch',
      message: `The data ended after ${size} of the ${size + 1} bytes announced.`,
    });
  });

  it.each([
    ['size-limit', { sizeLimit: 1_000_000n }],
    ['size-mismatch', { expectedSize: 1_000_000n }],
  ])('stops a source that would never end: %s', async (code, options) => {
    const { source, taken } = endless(10_000);
    const writer = await watched();
    const error = await ingest(source, writer, { pool, ...options }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code });
    const had = taken();
    await turns();
    expect([had, taken()]).toEqual([1_010_000, 1_010_000]);
    expectNothing(writer, source);
    source.destroy();
  });
});

describe('a source', () => {
  it('that fails is said to, with its reason, and the byte where', async () => {
    const { source, taken } = endless(100_000);
    const writer = await watched();
    const failure = ingest(source, writer, { pool }).catch((error: unknown) => error);
    await until(() => taken() >= 3 * slabSize);
    const had = taken();
    const reason = new Error('the line broke');
    source.destroy(reason);
    expect(await failure).toMatchObject({
      code: 'source-failed',
      message: `The data stopped after ${had} bytes: the line broke`,
      cause: reason,
    });
    expectNothing(writer, source);
  });

  it('that is cut without an end is not taken for a whole one', async () => {
    const { source, taken } = endless(100_000);
    const writer = await watched();
    const failure = ingest(source, writer, { pool }).catch((error: unknown) => error);
    await until(() => taken() >= 3 * slabSize);
    const had = taken();
    source.destroy();
    expect(await failure).toMatchObject({
      code: 'source-failed',
      message: `The connection was cut after ${had} bytes.`,
    });
    expectNothing(writer, source);
  });

  it.each([undefined, new Error('the line broke')])('that was gone before the pass began: %s', async (reason) => {
    const { source } = endless(1000);
    source.on('error', () => undefined).destroy(reason);
    await closed(source);
    const writer = await watched();
    await expect(ingest(source, writer, { pool })).rejects.toMatchObject({
      code: 'source-failed',
      message: reason ? 'The data stopped after 0 bytes: the line broke' : 'The connection was cut after 0 bytes.',
    });
    expect(writer.calls).toEqual(['abort']);
    expect(scratch.files()).toEqual([]);
  });

  it('that somebody else has read to its end', async () => {
    const source = Readable.from([Buffer.alloc(10)]);
    await source.toArray();
    await expect(ingest(source, await watched(), { pool })).rejects.toMatchObject({ code: 'source-failed' });
  });

  it('may fail after it was given up, which ends nothing else', async () => {
    const { source } = endless(1000);
    await expect(ingest(source, await watched(), { pool, sizeLimit: 5n })).rejects.toThrow('larger than');
    source.destroy(new Error('nobody hears this'));
    await closed(source);
  });
});

describe('a store', () => {
  const full = new StoreError('full', 'local', 'there is no room left');

  it('that fails in the middle fails the pass in its own words', async () => {
    const { source } = endless(100_000);
    const writer = await watched({
      write: (number: number) => {
        if (number === 3) throw full;
      },
    });
    await expect(ingest(source, writer, { pool })).rejects.toBe(full);
    expect(writer.calls).toEqual(['write', 'write', 'write', 'abort']);
    await turns();
    expectNothing(writer, source);
    source.destroy();
  });

  it('that fails while the source waits for it', async () => {
    const { source } = endless(2 * slabCount * slabSize);
    const door = gate();
    const writer = await watched({ write: () => door.passed.then(() => Promise.reject(full)) });
    const done = ingest(source, writer, { pool });
    await until(() => source.isPaused() && writer.calls.length === 1);
    door.open();
    await expect(done).rejects.toBe(full);
    await turns();
    expectNothing(writer, source);
    source.destroy();
  });

  it('that fails at the very last bytes', async () => {
    const source = inChunksOf(slabSize, randomBytes(slabSize + 1));
    const writer = await watched({ write: (number: number) => (number === 2 ? Promise.reject(full) : undefined) });
    await expect(ingest(source, writer, { pool })).rejects.toBe(full);
    expectNothing(writer, source);
  });

  it('that has the key already keeps what it has', async () => {
    const first = randomBytes(100);
    await ingest(Readable.from([first]), await watched(), { pool });
    const writer = await watched();
    await expect(ingest(Readable.from([randomBytes(100)]), writer, { pool })).rejects.toMatchObject({ code: 'exists' });
    expect(writer.calls).toEqual(['write', 'commit', 'abort']);
    expect((await scratch.bytes('image/blob')).equals(first)).toBe(true);
    expect(scratch.files()).toEqual(['blob']);
  });
});

describe('a pass that is told to stop', () => {
  it('in the middle leaves nothing, with the reason that it was told', async () => {
    const { source } = endless(100_000);
    const writer = await watched();
    const stop = new AbortController();
    const onProgress = (bytes: bigint) => bytes > 2_000_000n && stop.abort(new Error('the image was deleted'));
    await expect(ingest(source, writer, { pool, signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'aborted',
      message: 'the image was deleted',
    });
    expectNothing(writer, source);
    source.destroy();
  });

  it('before it begins reads nothing', async () => {
    const { source, taken } = endless(1000);
    const writer = await watched();
    await expect(ingest(source, writer, { pool, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(writer.calls).toEqual(['abort']);
    expect(taken()).toBe(0);
    source.destroy();
  });

  it('while the source waits for a slow store: no write comes after the abort, and the source stays where it is', async () => {
    const { source, taken } = endless(2 * slabCount * slabSize);
    const door = gate();
    const writer = await watched({ write: () => door.passed });
    const stop = new AbortController();
    const done = ingest(source, writer, { pool, signal: stop.signal });
    await until(() => source.isPaused() && writer.calls.length === 1);
    stop.abort(new Error('enough'));
    await turns();
    expect(writer.calls).toEqual(['write']);
    door.open();
    await expect(done).rejects.toThrow('enough');
    const had = taken();
    await turns();
    expectNothing(writer, source);
    expect(taken()).toBe(had);
    source.destroy();
  });
});
