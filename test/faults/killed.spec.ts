import { createHash, randomBytes } from 'node:crypto';
import { request as open } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { createTestRedisDatabase, type TestRedisDatabase } from '../services/redis-database.js';
import type { Settings, VitrineProcess } from '../services/vitrine.js';
import { startWebServer } from '../services/web-server.js';

const bytes = randomBytes(3_000_000);
const sha512 = createHash('sha512').update(bytes).digest('hex');

let redis: TestRedisDatabase;
let cloud: Cloud;
let alice: Client;
afterEach(async () => {
  await cloud.remove();
  await redis.drop();
});

async function startApi(): Promise<VitrineProcess> {
  const api = cloud.run('api');
  alice = await cloud.as('alice', await api.ready());
  return api;
}

async function startWorker(): Promise<VitrineProcess> {
  const worker = cloud.run('worker');
  await worker.ready();
  return worker;
}

async function createCloud(settings: Settings = {}): Promise<void> {
  redis = await createTestRedisDatabase();
  cloud = await Cloud.create({ REDIS_URL: redis.url, VITRINE_ORPHAN_SECONDS: '3', ...settings });
}

describe('kill -9 of the API in the middle of an upload', () => {
  it('leaves nothing stuck and nothing partial, keeps every acknowledged change, and tells the reason', async () => {
    await createCloud();
    const api = await startApi();
    await startWorker();
    const kept = await alice.createActive(bytes, { name: 'kept' });
    const { id } = await alice.createImage({ name: 'cut' });
    const upload = open(`${alice.url}/v2/images/${id}/file`, {
      method: 'PUT',
      headers: { 'x-auth-token': alice.token, 'content-type': 'application/octet-stream' },
    });
    upload.on('error', () => undefined);
    upload.write(bytes);
    await cloud.untilObjects(id, 1);
    expect(await alice.show(id)).toMatchObject({ status: 'saving' });

    await api.kill();
    await startApi();

    expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 204 });
    await alice.until(id, ({ status }) => status === 'queued');
    expect((await alice.history(id)).find(({ type }) => type === 'ImageUploadFailed')).toMatchObject({
      data: { reason: 'the upload stopped: its API process went away' },
      changes: { status: { from: 'saving', to: 'queued' } },
    });
    await cloud.untilObjects(id, 0);
    expect(await alice.show(kept.id)).toEqual(kept);
    expect((await alice.get(`/v2/images/${kept.id}/file`)).bytes.equals(bytes)).toBe(true);
    expect(await alice.upload(id, bytes)).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ status: 'active', os_hash_value: sha512 });
  });
});

describe('kill -9 of the worker in the middle of an import', () => {
  it('lets another worker take it over: active once, and the history tells both attempts', async () => {
    let asked = 0;
    // The first download stops half-way; whoever asks again gets everything.
    const web = await startWebServer((_request, answer) => {
      answer.writeHead(200, { 'content-length': bytes.length });
      if (asked++ === 0) answer.write(bytes.subarray(0, 1_500_000));
      else answer.end(bytes);
    });
    try {
      await createCloud({ VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
      await startApi();
      const worker = await startWorker();
      const { id } = await alice.createImage();
      await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: web.url } });
      await cloud.untilObjects(id, 1);

      await worker.kill();
      expect(await alice.show(id)).toMatchObject({ status: 'importing' });
      expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 204 });
      await startWorker();

      const image = await alice.until(id, ({ status }) => status !== 'importing');
      expect(image).toMatchObject({ status: 'active', os_hash_value: sha512 });
      const events = await alice.history(id);
      const dataOf = (wanted: string) => events.filter(({ type }) => type === wanted).map(({ data }) => data);
      expect(dataOf('ImageImportFailed')).toEqual([
        expect.objectContaining({ attempt: 1, reason: 'the worker stopped answering' }),
      ]);
      expect(dataOf('ImageImportStarted').map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(dataOf('ImageActivated')).toHaveLength(1);
      expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
      await cloud.untilObjects(id, 1);
    } finally {
      await web.stop();
    }
  });
});
