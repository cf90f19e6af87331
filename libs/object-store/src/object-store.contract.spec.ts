import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'minio';
import { openStore } from './open-store.js';
import type { ObjectStore } from './object-store.js';

/** One port, two stores: each is asked the same questions, and a second reader that is not ours sees the same bytes. */
interface Fixture {
  readonly store: ObjectStore;
  readAgain(key: string): Promise<Buffer>;
  close(): Promise<void>;
}

const fixtures: Record<string, () => Promise<Fixture>> = {
  file: () => {
    const directory = mkdtempSync(join(tmpdir(), 'vitrine-store-'));
    return Promise.resolve({
      store: openStore('local', `file:${directory}?weight=7`),
      readAgain: (key) => readFile(join(directory, key)),
      close: () => Promise.resolve(rmSync(directory, { recursive: true })),
    });
  },
  s3: () => {
    const url = process.env.TEST_S3_URL!;
    const { hostname, port, username, password } = new URL(url.replace(/^s3\+/, ''));
    const bucket = `contract-${randomBytes(4).toString('hex')}`;
    const reader = new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey: username,
      secretKey: password,
    });
    const store = openStore('ceph', `${url}/${bucket}?weight=7`);
    return Promise.resolve({
      store,
      readAgain: async (key) => buffer(await reader.getObject(bucket, key)),
      close: () => store.close(),
    });
  },
};

const MiB = 1 << 20;
const newKey = () => `${randomUUID()}/${randomUUID()}`;

async function put(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  const writer = await store.create(key);
  await writer.write(bytes);
  await writer.commit();
}

async function get(store: ObjectStore, key: string, range?: { start: bigint; end: bigint }): Promise<Buffer> {
  return buffer((await store.read(key, range)).stream());
}

async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  const found = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

describe.each(Object.keys(fixtures))('the %s store', (kind) => {
  let fixture: Fixture;
  let store: ObjectStore;
  beforeAll(async () => {
    fixture = await fixtures[kind]!();
    ({ store } = fixture);
  });
  afterAll(() => fixture.close());

  it('says that it can be written to, its kind and its weight', async () => {
    await store.check();
    expect(store.kind).toBe(kind);
    expect(store.weight).toBe(7);
  });

  it.each([0, 1, 8 * MiB - 1, 8 * MiB, 8 * MiB + 1, 21 * MiB + 7])('gives back %i bytes as they came', async (size) => {
    const bytes = randomBytes(size);
    const key = newKey();
    await put(store, key, bytes);
    expect((await get(store, key)).equals(bytes)).toBe(true);
    expect((await fixture.readAgain(key)).equals(bytes)).toBe(true);
    expect(await store.stat(key)).toMatchObject({ key, size: BigInt(size) });
  });

  it('takes shared memory, and is done with a chunk when its write resolves', async () => {
    const slab = new Uint8Array(new SharedArrayBuffer(MiB));
    const key = newKey();
    const writer = await store.create(key);
    for (let n = 1; n <= 18; n++) await writer.write(slab.fill(n));
    slab.fill(0xff);
    await writer.commit();
    const bytes = await get(store, key);
    for (let n = 1; n <= 18; n++) {
      expect(bytes.subarray((n - 1) * MiB, n * MiB).every((byte) => byte === n)).toBe(true);
    }
  });

  it('reads any range, both ends inclusive, and says the size of the whole', async () => {
    const bytes = randomBytes(9 * MiB);
    const key = newKey();
    await put(store, key, bytes);
    for (const [start, end] of [
      [0, 0],
      [1, 4096],
      [8 * MiB - 3, 8 * MiB + 3],
      [9 * MiB - 1, 9 * MiB - 1],
    ] as const) {
      const range = { start: BigInt(start), end: BigInt(end) };
      const reader = await store.read(key, range);
      expect(reader.size).toBe(BigInt(9 * MiB));
      expect((await buffer(reader.stream())).equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it.each([0, 1, 5 * MiB + 3])(
    "hands over %i bytes chunk by chunk, each its taker's until it lets go",
    async (size) => {
      const bytes = randomBytes(size);
      const key = newKey();
      await put(store, key, bytes);
      const copies: Buffer[] = [];
      let running = 0;
      await (
        await store.read(key)
      ).each(async (chunk) => {
        expect(++running).toBe(1);
        const copy = Buffer.from(chunk);
        await new Promise(setImmediate);
        expect(copy.equals(chunk)).toBe(true);
        copies.push(copy);
        running--;
      });
      expect(Buffer.concat(copies).equals(bytes)).toBe(true);
    },
  );

  it('hands over a range, and stops when a chunk is not taken', async () => {
    const bytes = randomBytes(4 * MiB);
    const key = newKey();
    await put(store, key, bytes);
    const range = { start: 5n, end: BigInt(3 * MiB) };
    const copies: Buffer[] = [];
    const reader = await store.read(key, range);
    await reader.each((chunk) => Promise.resolve(void copies.push(Buffer.from(chunk))));
    expect(Buffer.concat(copies).equals(bytes.subarray(5, 3 * MiB + 1))).toBe(true);
    const refused = await store.read(key);
    await expect(refused.each(() => Promise.reject(new Error('enough')))).rejects.toThrow('enough');
    await refused.close();
  });

  it('shows nothing of an object before its commit', async () => {
    const key = newKey();
    const writer = await store.create(key);
    await writer.write(randomBytes(17 * MiB));
    expect(await store.stat(key)).toBeUndefined();
    await expect(store.read(key)).rejects.toMatchObject({ code: 'missing', store: store.name });
    expect(await keys(store, key)).toEqual([]);
    await writer.commit();
    expect(await keys(store, key)).toEqual([key]);
  });

  it.each([0, 1, 17 * MiB])('leaves nothing of %i bytes that were aborted, also when asked twice', async (size) => {
    const key = newKey();
    const writer = await store.create(key);
    if (size > 0) await writer.write(randomBytes(size));
    await writer.abort();
    await writer.abort();
    expect(await store.stat(key)).toBeUndefined();
    expect(await store.removeUnfinished(new Date(Date.now() + 60_000))).toBe(0);
  });

  it.each([1, 9 * MiB])('never overwrites a key: %i bytes', async (size) => {
    const key = newKey();
    const first = randomBytes(size);
    await put(store, key, first);
    const second = await store.create(key);
    await second.write(randomBytes(size));
    await expect(second.commit()).rejects.toMatchObject({ code: 'exists' });
    await second.abort();
    expect((await get(store, key)).equals(first)).toBe(true);
  });

  it('deletes, and calls it a success when there is nothing to delete', async () => {
    const key = newKey();
    await put(store, key, randomBytes(10));
    await store.delete(key);
    expect(await store.stat(key)).toBeUndefined();
    await store.delete(key);
  });

  it('lists by prefix', async () => {
    const image = randomUUID();
    const expected = [`${image}/a`, `${image}/b`, `${image}/c`];
    for (const key of [...expected, newKey()]) await put(store, key, randomBytes(3));
    expect((await keys(store, `${image}/`)).sort()).toEqual(expected);
  });

  it('removes what writers left unfinished, but not what is younger than asked', async () => {
    const key = newKey();
    const left = await store.create(key);
    await left.write(randomBytes(17 * MiB));
    expect(await store.removeUnfinished(new Date(Date.now() - 3_600_000))).toBe(0);
    expect(await store.removeUnfinished(new Date(Date.now() + 60_000))).toBe(1);
    expect(await store.stat(key)).toBeUndefined();
    await expect(left.commit()).rejects.toThrow();
    await left.abort();
  });

  const badKeys = ['', '/', '../x', 'a/../b', 'a//b', '/a', 'a/', 'a b', 'ä', 'a\0b', '.unfinished/x', 'a/.'];
  it.each([...badKeys.map((key) => [JSON.stringify(key), key]), ['of 2,000 characters', 'a'.repeat(2000)]])(
    'refuses the key %s',
    async (_, key) => {
      await expect(store.create(key)).rejects.toMatchObject({ code: 'invalid-key' });
      await expect(store.read(key)).rejects.toMatchObject({ code: 'invalid-key' });
      await expect(store.delete(key)).rejects.toMatchObject({ code: 'invalid-key' });
    },
  );

  it('closes the file or the connection of a stream that nobody reads to its end', async () => {
    const key = newKey();
    await put(store, key, randomBytes(9 * MiB));
    const streams: Readable[] = [];
    for (let n = 0; n < 80; n++) {
      const stream = (await store.read(key)).stream();
      stream.once('error', () => undefined);
      stream.destroy();
      streams.push(stream);
    }
    expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
    expect((await get(store, key)).length).toBe(9 * MiB);
  });
});
