import { once } from 'node:events';
import { request as open, type ClientRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { StreamReader } from '../services/event-stream.js';
import { createTestRedisDatabase, type TestRedisDatabase } from '../services/redis-database.js';
import type { VitrineProcess } from '../services/vitrine.js';
import { startWebServer } from '../services/web-server.js';

let redis: TestRedisDatabase;
let cloud: Cloud;
let alice: Client;

beforeEach(async () => {
  redis = await createTestRedisDatabase();
  cloud = await Cloud.create({ REDIS_URL: redis.url, VITRINE_SHUTDOWN_SECONDS: '2' });
});
afterEach(async () => {
  await cloud.remove();
  await redis.drop();
});

async function startApi(): Promise<VitrineProcess> {
  const api = cloud.run('api');
  alice = await cloud.as('alice', await api.ready());
  return api;
}

async function beginUpload(id: string): Promise<ClientRequest> {
  const upload = open(`${alice.url}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: { 'x-auth-token': alice.token, 'content-type': 'application/octet-stream' },
  });
  upload.on('error', () => undefined);
  upload.write(Buffer.alloc(600_000));
  await alice.until(id, ({ status }) => status === 'saving');
  return upload;
}

describe('an API that is told to stop', () => {
  it('waits for a running upload and lets it succeed', async () => {
    const api = await startApi();
    const { id } = await alice.createImage();
    const upload = await beginUpload(id);
    api.signal('SIGTERM');
    await api.said(({ msg }) => msg === 'waiting for running transfers');
    upload.end('the rest');
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(204);
    expect(await api.ended()).toBe(0);
    await startApi();
    expect(await alice.show(id)).toMatchObject({ status: 'active', size: 600_008 });
  });

  it('gives up an upload that does not end in time, cleanly and with the reason', async () => {
    const api = await startApi();
    const { id } = await alice.createImage();
    const upload = await beginUpload(id);
    const stopped = api.stop();
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(503);
    expect(await stopped).toBe(0);
    await cloud.untilObjects(id, 0);
    await startApi();
    expect(await alice.show(id)).toMatchObject({ status: 'queued' });
    expect((await alice.history(id)).at(-1)).toMatchObject({
      type: 'ImageUploadFailed',
      data: { reason: expect.stringMatching(/service is shutting down/) },
    });
  });
  it('lets a running download come to its end', async () => {
    const api = await startApi();
    const { id } = await alice.createActive(Buffer.alloc(32 << 20, 7));
    const download = open(`${alice.url}/v2/images/${id}/file`, { headers: { 'x-auth-token': alice.token } });
    download.end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    api.signal('SIGTERM');
    await api.said(({ msg }) => msg === 'waiting for running transfers');
    expect(await buffer(answer)).toHaveLength(32 << 20);
    expect(await api.ended()).toBe(0);
  });

  it('ends live streams at once, and does not wait for one that nobody reads', async () => {
    const api = cloud.run('api', { VITRINE_SHUTDOWN_SECONDS: '600' });
    alice = await cloud.as('alice', await api.ready());
    const stream = await StreamReader.open(alice, 'last_event_id=0');
    const { stream: slow } = await StreamReader.ask(alice, 'last_event_id=0');
    const properties = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, 'x'.repeat(255)]));
    const images = 60;
    for (let n = 0; n < images; n++) await alice.createImage(properties);
    await stream.until(({ length }) => length === images);
    expect(await api.stop()).toBe(0);
    await stream.untilEnd();
    expect(stream.wasEnded).toBe(true);
    slow!.close();
  });
});

describe('a worker that is told to stop', () => {
  it('returns its import to the queue, and the next worker finishes it', async () => {
    let asked = 0;
    const web = await startWebServer((_request, answer) => {
      if (asked++ > 0) answer.end('all of it');
      else answer.write('a part');
    });
    try {
      const settings = { VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) };
      alice = await cloud.as('alice', await cloud.run('api', settings).ready());
      const first = cloud.run('worker', settings);
      await first.ready();
      const { id } = await alice.createImage();
      await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: web.url } });
      await cloud.untilObjects(id, 1);
      expect(await first.stop()).toBe(0);
      expect(await alice.show(id)).toMatchObject({ status: 'importing' });
      await cloud.untilObjects(id, 0);

      await cloud.run('worker', settings).ready();
      await alice.until(id, ({ status }) => status === 'active');
      expect((await alice.history(id)).find(({ type }) => type === 'ImageImportFailed')!.data).toMatchObject({
        reason: 'the worker was shut down',
      });
    } finally {
      await web.stop();
    }
  });
});
