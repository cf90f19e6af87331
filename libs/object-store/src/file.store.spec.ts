import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileStore } from './file.store.js';

const isRoot = process.getuid?.() === 0;

/** Shared memory that begins on a page's border, as image-data has it. */
function pageAligned(): Uint8Array {
  return new Uint8Array(new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true }).buffer);
}
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => {
    readonly buffer: SharedArrayBuffer;
  };
};

describe('the file store', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vitrine-store-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** A file system that is really full needs root to mount one. */
  (isRoot ? it : it.skip)(
    'says full on a disk that is, keeps nothing of the write, and works again after',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', directory]);
      try {
        const store = new FileStore('small', directory);
        const writer = await store.create('image/blob');
        await expect(writer.write(randomBytes(3 << 20))).rejects.toMatchObject({ code: 'full', store: 'small' });
        await writer.abort();
        expect(readdirSync(join(directory, '.unfinished'))).toEqual([]);
        const again = await store.create('image/blob');
        const bytes = randomBytes(1 << 20);
        await again.write(bytes);
        await again.commit();
        expect((await buffer((await store.read('image/blob')).stream())).equals(bytes)).toBe(true);
      } finally {
        execFileSync('umount', [directory]);
      }
    },
  );

  (isRoot ? it.skip : it)('says denied where it may not write', async () => {
    chmodSync(directory, 0o500);
    await expect(new FileStore('local', directory).check()).rejects.toMatchObject({ code: 'denied' });
    chmodSync(directory, 0o700);
  });

  it.each([
    ['whole blocks', [1 << 20, 1 << 20]],
    ['an odd end', [1 << 20, 4096, 1000]],
    ['odd pieces between whole ones', [1 << 20, 7, 1 << 20, 512, 4096]],
    ['less than a block', [11]],
  ])('keeps %s of memory that can go to the disk directly, byte for byte', async (_what, sizes) => {
    const memory = pageAligned();
    const store = new FileStore('local', directory);
    const writer = await store.create('image/blob');
    const pieces = sizes.map((size) => randomBytes(size));
    for (const piece of pieces) {
      memory.set(piece);
      await writer.write(memory.subarray(0, piece.length));
    }
    await writer.commit();
    const bytes = await buffer((await store.read('image/blob')).stream());
    expect(bytes.equals(Buffer.concat(pieces))).toBe(true);
  });

  it('lets one of many writers of the same key win, whole', async () => {
    const store = new FileStore('local', directory);
    const writers = await Promise.all(Array.from({ length: 16 }, () => store.create('image/blob')));
    const outcomes = await Promise.allSettled(
      writers.map(async (writer, n) => {
        await writer.write(new Uint8Array(100_000).fill(n));
        await writer.commit();
        return n;
      }),
    );
    const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(winners).toHaveLength(1);
    const bytes = await buffer((await store.read('image/blob')).stream());
    expect(bytes.length).toBe(100_000);
    expect(bytes.every((byte) => byte === winners[0])).toBe(true);
    await Promise.all(writers.map((writer) => writer.abort()));
    expect(readdirSync(join(directory, '.unfinished'))).toEqual([]);
  });

  it('keeps working while an image loses its last object and gets its next', async () => {
    const store = new FileStore('local', directory);
    for (let n = 0; n < 200; n++) {
      const writer = await store.create(`image/${n}`);
      await writer.write(randomBytes(10));
      await Promise.all([writer.commit(), n > 0 ? store.delete(`image/${n - 1}`) : undefined]);
      expect(await store.stat(`image/${n}`)).toBeDefined();
    }
  });

  it('removes the folder of an image with its last object', async () => {
    const store = new FileStore('local', directory);
    const writer = await store.create('image/blob');
    await writer.commit();
    await store.delete('image/blob');
    expect(readdirSync(directory)).toEqual(['.unfinished']);
  });
});
