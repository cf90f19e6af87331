import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ingest } from '../ingest.js';
import { digestsOf, endless, inChunksOf, Scratch, until } from '../ingest.spec-kit.js';
import { slabCount, slabSize } from './digest-messages.js';
import { DigestPool } from './digest-pool.js';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const pool = new DigestPool(1);
afterAll(() => pool.close());

it('gives a slab back when both digests have read it, not before', async () => {
  let given!: () => void;
  const stream = pool.open(
    () => given(),
    (error) => {
      throw error;
    },
  );
  const slab = stream.slabs[0]!;
  const chunks = Array.from({ length: 100 }, () => randomBytes(slabSize));
  for (const chunk of chunks) {
    slab.set(chunk);
    const back = new Promise<void>((resolve) => (given = resolve));
    stream.update(0, slabSize);
    await back;
    slab.fill(0);
  }
  expect(await stream.finish()).toEqual(digestsOf(Buffer.concat(chunks)));
  await stream.release();
});

it('has no more memory than the most streams at once need, round after round, also of those that end half-way', async () => {
  const [together, rounds] = [12, 6];
  const known = new Set<ArrayBufferLike>();
  for (let n = 0; n < rounds; n++) {
    const streams = Array.from({ length: together }, () =>
      pool.open(
        () => undefined,
        (error) => {
          throw error;
        },
      ),
    );
    for (const stream of streams) {
      known.add(stream.slabs[0]!.buffer);
      for (let slab = 0; slab < slabCount; slab++) stream.update(slab, slabSize);
    }
    await Promise.all(streams.filter((_, index) => index % 2 === 0).map((stream) => stream.finish()));
    await Promise.all(streams.map((stream) => stream.release()));
  }
  expect(known.size).toBeLessThanOrEqual(together);
});

describe('digest threads that die', () => {
  const bytes = randomBytes(3 * slabSize);
  let deaths: string[];
  beforeEach(() => {
    deaths = [];
  });

  /** A slab that there is not: both threads end by an error that nobody catches. */
  const kill = () =>
    pool
      .open(
        () => undefined,
        ({ message }) => deaths.push(message),
      )
      .update(99, 1);

  const expectNextToWork = async () => {
    await until(() => deaths.length === 2);
    const writer = await scratch.store.create('image/next');
    expect(await ingest(inChunksOf(9999, bytes), writer, { pool })).toMatchObject(digestsOf(bytes));
  };

  it('in the middle fail the pass, and the next one works', async () => {
    const { source } = endless(100_000);
    const writer = await scratch.store.create('image/blob');
    const onProgress = (sofar: bigint) => sofar > 2_000_000n && sofar < 2_600_000n && kill();
    await expect(ingest(source, writer, { pool, onProgress })).rejects.toThrow(/thread ended with 1/);
    expect(scratch.files()).toEqual([]);
    source.destroy();
    await expectNextToWork();
  });

  it('when all bytes are handed over fail the pass, and the next one works', async () => {
    const source = Readable.from([bytes]);
    source.once('end', kill);
    const writer = await scratch.store.create('image/blob');
    await expect(ingest(source, writer, { pool })).rejects.toThrow(/thread ended with 1/);
    expect(scratch.files()).toEqual([]);
    await expectNextToWork();
  });
});
