import { randomInt, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  bytesAt,
  digestAt,
  itemsOf,
  path,
  show,
  untilStatus,
  type BulkItemJson,
  type BulkJson,
} from '../conformance/bulk-imports.spec-kit.js';
import { eventually, type Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { createTestRedisDatabase, type TestRedisDatabase } from '../services/redis-database.js';
import type { Settings } from '../services/vitrine.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

let redis: TestRedisDatabase;
let web: WebServer;
let cloud: Cloud;
let alice: Client;
let answers = 0;
/** `TEST_BULK_ITEMS=1000 TEST_BULK_BYTES=1048576` for as many as a first import of a cloud has */
const sized = {
  items: Number(process.env.TEST_BULK_ITEMS ?? 60),
  bytes: Number(process.env.TEST_BULK_BYTES ?? 20_000),
};
/** ms: a second an item, and as long as 10 MB/s take */
const patience = 150_000 + sized.items * (1_000 + sized.bytes / 10_000);
/** every so many answers one is cut in the middle; 0: none */
let cutEvery = 0;
/** addresses, query and all, that are answered 403 */
let refused: Set<string>;

beforeEach(async () => {
  [answers, cutEvery, refused] = [0, 0, new Set()];
  web = await startWebServer((request, answer) => {
    const bytes = bytesAt(request.url!);
    if (request.url!.endsWith('missing')) answer.statusCode = 404;
    if (refused.has(request.url!)) answer.statusCode = 403;
    answer.setHeader('content-length', bytes.length);
    if (cutEvery > 0 && ++answers % cutEvery === 0)
      answer.write(bytes.subarray(0, bytes.length / 2), () => answer.destroy());
    else answer.end(bytes);
  });
  redis = await createTestRedisDatabase();
  const settings = {
    REDIS_URL: redis.url,
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_ORPHAN_SECONDS: '3',
  };
  cloud = await Cloud.create(settings);
  alice = await cloud.as('alice', await cloud.run('api').ready());
});
afterEach(async () => {
  await cloud.remove();
  await web.stop();
  await redis.drop();
});

const startWorker = async (settings?: Settings) => {
  const worker = cloud.run('worker', settings);
  await worker.ready();
  return worker;
};
const urlOf = (name: string, size = 20_000) => `/${size}/${name}`;
const item = (name: string, more: object = {}) => ({ name, url: web.url + urlOf(name), disk_format: 'raw', ...more });
const many = (count: number, size?: number) =>
  Array.from({ length: count }, (_, n) => item(`disk-${n}`, { url: web.url + urlOf(`disk-${n}`, size) }));
const ask = async (client: Client, items: object[], more: object = {}) => {
  const answer = await client.post(path, { items, ...more });
  expect(answer).toMatchObject({ status: 202 });
  return answer.json.id as string;
};

async function countActive(): Promise<number> {
  let count = 0;
  for (let next: string | undefined = '/v2/images?status=active&limit=1000'; next !== undefined;) {
    const page = await alice.get(next);
    count += page.images.length;
    next = page.json.next as string | undefined;
  }
  return count;
}

async function expectImportedOnce(id: string, count: number, bytes?: number): Promise<void> {
  const items = await itemsOf(alice, id);
  expect(items.filter(({ status }) => status === 'done')).toHaveLength(count);
  for (const { image_id: imageId } of items) {
    const image = await alice.show(imageId);
    expect(image).toMatchObject({ status: 'active', os_hash_value: digestAt(urlOf(image.name!, bytes)) });
    const types = (await alice.history(imageId)).map(({ type }) => type);
    expect(types.filter((type) => type === 'ImageActivated')).toHaveLength(1);
    await cloud.untilObjects(imageId, 1);
  }
}

describe('a bulk import', () => {
  it(
    'is done by workers, and its counts are right at every moment: never more done than are active',
    async () => {
      await startWorker();
      const { items: count, bytes } = sized;
      const id = await ask(alice, many(count, bytes), { concurrency: 4 });
      await eventually(
        async () => {
          const { items } = await show(alice, id);
          const active = await countActive();
          expect(items.done).toBeLessThanOrEqual(active);
          const { waiting, running, done, failed, cancelled, total } = items;
          expect([waiting + running + done + failed + cancelled, running <= 4]).toEqual([total, true]);
          return done;
        },
        (done) => done === count,
        'the bulk import',
        patience / 1_000,
      );
      const all = count * bytes;
      expect(await untilStatus(alice, id, 'finished')).toMatchObject({
        ...{ items: { done: count }, bytes: { done: all, total: all, unknown_items: 0 } },
      });
      await expectImportedOnce(id, count, bytes);
    },
    patience,
  );

  it(
    'whose workers are killed at random, whose queue is flushed and whose source cuts: all done, none twice',
    async () => {
      cutEvery = 3;
      const id = await ask(alice, many(sized.items, sized.bytes), { concurrency: 8, retries: 20 });
      const flushing = new Redis(redis.url);
      const workers = [await startWorker(), await startWorker()];
      for (;;) {
        const before = await show(alice, id);
        const isFurther = ({ status, items: { done } }: BulkJson) =>
          status === 'finished' || done >= Math.min(before.items.done + sized.items / 8, sized.items - 2);
        const now = await eventually(() => show(alice, id), isFurther, 'progress', 300);
        if (now.status === 'finished' || now.items.done >= sized.items - 2) break;
        const victim = randomInt(2);
        await workers[victim]!.kill();
        await flushing.flushdb();
        workers[victim] = await startWorker();
      }
      flushing.disconnect();
      await untilStatus(alice, id, 'finished', 300);
      await expectImportedOnce(id, sized.items, sized.bytes);
    },
    patience,
  );

  it('tells why an item failed and at which try; retry-failed brings it when the reason is gone', async () => {
    await startWorker();
    const wrong = `sha256:${'ab'.repeat(32)}`;
    const right = `sha256:${digestAt(urlOf('good'), 'sha256')}`;
    const items = [item('good', { checksum: right }), item('bad', { checksum: wrong }), item('missing'), item('plain')];
    const id = await ask(alice, items);
    expect((await untilStatus(alice, id, 'finished')).items).toMatchObject({ done: 2, failed: 2 });
    const [bad, missing] = await itemsOf(alice, id, '&status=failed');
    expect(bad).toMatchObject({ line: 2, attempt: 1 });
    expect(bad!.reason).toBe(`the data has sha256 ${digestAt(urlOf('bad'), 'sha256')}, not ${'ab'.repeat(32)}`);
    expect(missing).toMatchObject({ line: 3, attempt: 1, reason: 'The server answered 404.' });
    expect(await alice.show(bad!.image_id)).toMatchObject({ status: 'queued' });

    expect(await alice.post(`${path}/${id}/retry-failed`)).toMatchObject({ status: 200 });
    await untilStatus(alice, id, 'finished');
    expect((await itemsOf(alice, id, '&status=failed')).map(({ line }) => line)).toEqual([2, 3]);
    expect((await alice.history(bad!.image_id)).filter(({ type }) => type === 'ImageImportRequested')).toHaveLength(2);
  });

  it('of signed addresses is brought by retry-failed, without their being said again', async () => {
    await startWorker();
    const names = ['first', 'mirror'].map((name) => urlOf(`signed-${name}?signature=${randomUUID()}`));
    refused = new Set(names);
    const id = await ask(alice, [item('signed', { url: undefined, urls: names.map((name) => web.url + name) })]);
    expect((await untilStatus(alice, id, 'finished')).items).toMatchObject({ done: 0, failed: 1 });
    refused.delete(names[1]!);
    expect(await alice.post(`${path}/${id}/retry-failed`)).toMatchObject({ status: 200 });
    expect((await untilStatus(alice, id, 'finished')).items).toMatchObject({ done: 1, failed: 0 });
    const [{ image_id: imageId, url }] = (await itemsOf(alice, id)) as [BulkItemJson];
    expect(await alice.show(imageId)).toMatchObject({ os_hash_value: digestAt(names[1]!) });
    expect(url).toBe(`${web.url}${urlOf('signed-first')}?signature=***`);
  });

  it('that fills its project’s quota goes on, and says of each item that it was that', async () => {
    await startWorker({ VITRINE_PROJECT_QUOTA_SIZE: '50000' });
    const id = await ask(alice, many(5), { concurrency: 1, retries: 0 });
    expect((await untilStatus(alice, id, 'finished')).items).toMatchObject({ done: 2, failed: 3 });
    const failed = await itemsOf(alice, id, '&status=failed');
    expect(failed.map(({ reason }) => reason)).toEqual(
      Array(3).fill(expect.stringMatching(/over a limit for image_size_total/)),
    );
  });

  it('into a store that is away says so of each item, and is brought when it is back', async () => {
    const away = await startWorker({ VITRINE_STORES: 'local=s3+http://key:secret@127.0.0.1:1/bucket?region=x' });
    const id = await ask(alice, many(3), { retries: 1 });
    expect((await untilStatus(alice, id, 'finished')).items).toMatchObject({ done: 0, failed: 3 });
    for (const { attempt, reason } of await itemsOf(alice, id)) {
      expect([attempt, reason]).toEqual([2, expect.stringMatching(/store local/i)]);
    }
    await away.stop();
    await startWorker();
    expect(await alice.post(`${path}/${id}/retry-failed`)).toMatchObject({ status: 200 });
    await untilStatus(alice, id, 'finished');
    await expectImportedOnce(id, 3);
  });

  it('that is to stop at an error stops, says why, and goes on when it is told to', async () => {
    await startWorker();
    const id = await ask(alice, [item('missing'), ...many(20)], { on_error: 'stop', concurrency: 1 });
    const stopped = await untilStatus(alice, id, 'stopped');
    expect(stopped).toMatchObject({ reason: 'item 1 failed: The server answered 404.', items: { failed: 1 } });
    expect(stopped.items.waiting).toBeGreaterThan(15);
    await alice.post(`${path}/${id}/resume`);
    expect(await untilStatus(alice, id, 'finished')).toMatchObject({ items: { done: 20, failed: 1 } });
  });

  it('that is cancelled leaves its images queued, and what was done stays', async () => {
    const id = await ask(alice, many(30));
    await alice.post(`${path}/${id}/cancel`);
    await startWorker();
    const { items } = await eventually(
      () => show(alice, id),
      (bulk) => bulk.items.waiting === 0,
      'cancelling',
    );
    expect(items).toMatchObject({ cancelled: 30, done: 0 });
    const [first] = await itemsOf(alice, id);
    expect(first).toMatchObject({ status: 'cancelled', reason: 'the bulk import was cancelled' });
    expect(await alice.show(first!.image_id)).toMatchObject({ status: 'queued' });
    await alice.post(`${path}/${id}/retry-failed`);
    expect(await untilStatus(alice, id, 'finished')).toMatchObject({ items: { done: 30 } });
  });

  it('of many items does not hold up what another project asks for later', async () => {
    const bob = await cloud.as('bob', alice.url);
    const busy = await ask(alice, many(300), { concurrency: 64 });
    await startWorker();
    await eventually(
      () => show(alice, busy),
      ({ items }) => items.done > 10,
      'the busy project',
    );
    const late = await ask(bob, [item('late')]);
    await untilStatus(bob, late, 'finished');
    expect((await show(alice, busy)).items.waiting).toBeGreaterThan(100);
  });
});
