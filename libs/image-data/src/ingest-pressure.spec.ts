import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { slabCount, slabSize } from './digest/digest-messages.js';
import { DigestPool } from './digest/digest-pool.js';
import { ingest } from './ingest.js';
import { endless, gate, Scratch, turns, until, WatchedWriter } from './ingest.spec-kit.js';

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch.remove());

const pool = new DigestPool(1);
afterAll(() => pool.close());

const ring = slabCount * slabSize;

describe('a store that is slower than the source', () => {
  it.each([1000, 64 << 10, slabSize, slabSize + 1, 2 * ring])(
    'pauses it at one ring of slabs and a chunk: chunks of %i bytes',
    async (chunk) => {
      const { source, taken } = endless(chunk);
      const doors = Array.from({ length: 9 }, gate);
      const write = (number: number) => doors[number - 1]?.passed;
      const writer = new WatchedWriter(await scratch.store.create('image/blob'), { write });
      const held = () => taken() - writer.written;
      let most = 0;
      source.on('data', () => (most = Math.max(most, held())));
      const stop = new AbortController();
      const done = ingest(source, writer, { pool, signal: stop.signal });

      for (const [n, door] of doors.entries()) {
        await until(() => source.isPaused() && held() > ring && writer.calls.length === n + 1);
        await turns();
        expect(source.isPaused()).toBe(true);
        expect(held()).toBeLessThanOrEqual(ring + chunk);
        door.open();
      }
      await until(() => writer.written > 20 * slabSize);
      stop.abort(new Error('seen enough'));
      await expect(done).rejects.toThrow('seen enough');
      expect(most).toBeLessThanOrEqual(ring + chunk);
      expect(writer.overlaps).toBe(0);
      source.destroy();
    },
  );
});
