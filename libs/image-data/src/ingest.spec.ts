import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { slabCount, slabSize } from './digest/digest-messages.js';
import { DigestPool } from './digest/digest-pool.js';
import { ingest } from './ingest.js';
import { digestsOf, endless, inChunksOf, Scratch, WatchedWriter } from './ingest.spec-kit.js';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const pool = new DigestPool(1);
afterAll(() => pool.close());

/** What a pass over bytes without a magic number finds. */
const foundIn = (bytes: Buffer) => ({
  size: BigInt(bytes.length),
  ...digestsOf(bytes),
  format: 'raw',
  virtualSize: BigInt(bytes.length),
});

describe('one pass', () => {
  const sizes = [0, 1, slabSize - 1, slabSize, slabSize + 1, 3 * slabSize, slabCount * slabSize, 13 * slabSize + 7];

  it.each(sizes)('over %i bytes stores exactly these and tells their digests', async (size) => {
    const bytes = randomBytes(size);
    const found = await ingest(inChunksOf(64 << 10, bytes), await scratch.store.create('image/blob'), { pool });
    expect(found).toEqual(foundIn(bytes));
    expect((await scratch.bytes('image/blob')).equals(bytes)).toBe(true);
    expect(scratch.files()).toEqual(['blob']);
  });

  it.each([
    ['very many small chunks', 11],
    ['chunks as large as a slab', slabSize],
    ['chunks a byte larger than a slab', slabSize + 1],
    ['one chunk larger than all slabs', 2 * slabCount * slabSize],
  ])('takes %s', async (_, length) => {
    const bytes = randomBytes(length < 100 ? slabSize + 5 : (slabCount + 3) * slabSize + 5);
    const found = await ingest(inChunksOf(length, bytes), await scratch.store.create('image/blob'), { pool });
    expect(found).toEqual(foundIn(bytes));
    expect((await scratch.bytes('image/blob')).equals(bytes)).toBe(true);
  });

  it('tells sha256 too where it is asked for, and only there', async () => {
    const bytes = randomBytes((slabCount + 3) * slabSize + 5);
    const pass = async (key: string, more: object) =>
      ingest(inChunksOf(64 << 10, bytes), await scratch.store.create(key), { pool, ...more });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(await pass('image/one', { alsoDigest: 'sha256' })).toEqual({ ...foundIn(bytes), sha256 });
    expect(await pass('image/other', {})).toEqual(foundIn(bytes));
  });

  it('finds the same however the bytes are cut, and however slow the store is', async () => {
    const header = Buffer.alloc(104);
    header.write('QFI\xfb\0\0\0\x03', 'latin1');
    header.writeBigUInt64BE(40n << 30n, 24);
    const bytes = Buffer.concat([header, randomBytes(4 * slabSize)]);
    const expected = { ...foundIn(bytes), format: 'qcow2', virtualSize: 40n << 30n };
    const cut = fc.oneof(fc.nat(bytes.length), fc.constantFrom(slabSize - 1, slabSize, slabSize + 1, 2 * slabSize));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 10 }), fc.array(fc.boolean()), async (cuts, slow) => {
        const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, n) => bytes.subarray(edges[n], end));
        const key = `image/${run++}`;
        const write = (n: number) => (slow[n] ? new Promise<void>(setImmediate) : undefined);
        const writer = new WatchedWriter(await scratch.store.create(key), { write });
        expect(await ingest(Readable.from(chunks), writer, { pool })).toEqual(expected);
        expect((await scratch.bytes(key)).equals(bytes)).toBe(true);
        expect([writer.overlaps, writer.calls.at(-1)]).toEqual([0, 'commit']);
      }),
      { numRuns: 25 },
    );
  });

  it('tells how far it is, up to the last byte', async () => {
    const bytes = randomBytes(5 * slabSize + 1);
    const seen: bigint[] = [];
    const onProgress = (sofar: bigint) => seen.push(sofar);
    await ingest(inChunksOf(10_000, bytes), await scratch.store.create('image/blob'), { pool, onProgress });
    expect(seen).toHaveLength(6);
    expect(seen).toEqual([...seen].sort((a, b) => Number(a - b)));
    expect(seen.at(-1)).toBe(BigInt(bytes.length));
  });
});

describe('many at once on one pair of threads', () => {
  it('each finds its own bytes, whatever becomes of the others', async () => {
    const stopped = Array.from({ length: 4 }, async (_, n) => {
      const { source } = endless(100_000);
      const stop = new AbortController();
      const onProgress = (sofar: bigint) => sofar > BigInt(n * slabSize) && stop.abort(new Error('enough'));
      const writer = await scratch.store.create(`stopped/${n}`);
      await expect(ingest(source, writer, { pool, onProgress, signal: stop.signal })).rejects.toThrow('enough');
      source.destroy();
    });
    const finished = Array.from({ length: 12 }, async (_, n) => {
      // Three rounds each: a ring of slabs goes from hand to hand.
      for (let round = 0; round < 3; round++) {
        const bytes = randomBytes((n * slabSize) / 2 + round);
        const key = `finished/${n}-${round}`;
        expect(await ingest(inChunksOf(50_000, bytes), await scratch.store.create(key), { pool })).toEqual(
          foundIn(bytes),
        );
        expect((await scratch.bytes(key)).equals(bytes)).toBe(true);
      }
    });
    await Promise.all([...stopped, ...finished]);
    expect(scratch.files()).toHaveLength(36);
  });
});
