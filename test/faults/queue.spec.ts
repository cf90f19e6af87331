import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { spawnRedis } from '../services/redis.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const bytes = randomBytes(100_000);
const sha512 = createHash('sha512').update(bytes).digest('hex');

let directory: string;
let redis: Awaited<ReturnType<typeof spawnRedis>>;
let web: WebServer;
let cloud: Cloud;
let alice: Client;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-redis-'));
  redis = await spawnRedis(directory);
  web = await startWebServer((_request, answer) => answer.end(bytes));
  cloud = await Cloud.create({ REDIS_URL: redis.url, VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
  alice = await cloud.as('alice', await cloud.run('api').ready());
});
afterEach(async () => {
  await cloud.remove();
  await web.stop();
  await redis.stop();
  rmSync(directory, { recursive: true });
});

async function requestImports(count: number): Promise<string[]> {
  const images = await Promise.all(Array.from({ length: count }, () => alice.createImage()));
  for (const { id } of images) {
    const answer = await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: web.url } });
    expect(answer.status).toBe(202);
  }
  return images.map(({ id }) => id);
}

async function expectImportedOnce(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    expect(await alice.until(id, ({ status }) => status !== 'importing')).toMatchObject({
      status: 'active',
      os_hash_value: sha512,
    });
    const types = (await alice.history(id)).map(({ type }) => type);
    for (const once of ['ImageImportStarted', 'ImageDataUploaded', 'ImageActivated']) {
      expect(types.filter((type) => type === once)).toHaveLength(1);
    }
  }
}

async function flush(): Promise<number> {
  const client = new Redis(redis.url);
  const jobs = await client.dbsize();
  await client.flushall();
  client.disconnect();
  return jobs;
}

describe('the queue', () => {
  it('FLUSHALL with 50 imports queued: all finish, none twice', async () => {
    // A worker that only dispatches: every job lies in the queue when it is flushed.
    const dispatcher = cloud.run('worker', { VITRINE_WORKERS: '0' });
    await dispatcher.ready();
    const ids = await requestImports(50);
    const client = new Redis(redis.url);
    while ((await client.zcard('bull:imports:delayed')) + (await client.llen('bull:imports:wait')) < 50);
    client.disconnect();
    expect(await flush()).toBeGreaterThan(50);
    await dispatcher.stop();

    await cloud.run('worker').ready();
    await expectImportedOnce(ids);
  });

  it('FLUSHALL while workers are at it: all finish, none twice', async () => {
    await Promise.all([cloud.run('worker').ready(), cloud.run('worker').ready()]);
    const importing = requestImports(50);
    for (let n = 0; n < 5; n++) await flush();
    const ids = await importing;
    await flush();
    await expectImportedOnce(ids);
  });

  it('gone while running: the API goes on, and what was asked for meanwhile is done when it is back', async () => {
    const worker = cloud.run('worker');
    await worker.ready();
    await redis.stop();
    const ids = await requestImports(3);
    expect(await alice.createActive(bytes)).toMatchObject({ status: 'active' });
    redis = await spawnRedis(directory, redis.port);
    await expectImportedOnce(ids);
    expect(await worker.stop()).toBe(0);
  });

  it('gone when a worker is told to stop: it stops all the same', async () => {
    const worker = cloud.run('worker', { VITRINE_SHUTDOWN_SECONDS: '2' });
    await worker.ready();
    await redis.stop();
    await requestImports(1);
    expect(await worker.stop()).toBe(0);
    redis = await spawnRedis(directory, redis.port);
  });
});
