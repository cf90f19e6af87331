import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#event-store';
import { Readable } from 'node:stream';
import { Client, eventually } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { Line } from '../services/line.js';
import { scratchDirectory } from '../services/scratch.js';

let directory: string;
let line: Line;
let postgres: EmbeddedPostgres;
let cloud: Cloud;
let isUp = false;

beforeAll(async () => {
  directory = scratchDirectory('postgres');
  line = await Line.open();
  await startPostgres();
});
beforeEach(async () => {
  const url = new URL(postgres.url);
  url.host = line.address;
  cloud = await Cloud.create({ DATABASE_URL: url.href });
});
afterEach(async () => {
  await cloud.remove();
  // A test that fails half-way leaves the next one its PostgreSQL.
  if (!isUp) await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
  await line.close();
  rmSync(directory, { recursive: true, force: true });
});

async function startPostgres(): Promise<void> {
  postgres = await startEmbeddedPostgres({ dataDir: directory });
  line.connectTo(postgres.port);
  isUp = true;
}

async function stopPostgres(): Promise<void> {
  isUp = false;
  await postgres.stop();
  line.cut();
}

describe('PostgreSQL gone while running', () => {
  it('is 503 with Retry-After for every request, and all works again without a restart when it is back', async () => {
    const vitrine = cloud.run('start');
    const alice = await cloud.as('alice', await vitrine.ready());
    const image = await alice.createActive(Buffer.from('before'));

    await stopPostgres();
    const refused = await alice.get(`/v2/images/${image.id}`);
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.json.message).toMatch(/database cannot be reached/);
    expect(await alice.post('/v2/images', { name: 'lost' })).toMatchObject({ status: 503 });
    expect(await alice.get('/v2/images')).toMatchObject({ status: 503 });
    const health = await new Client(alice.url, undefined).get('/healthcheck');
    expect(health).toMatchObject({ status: 503 });
    expect(health.text).toMatch(/database/);

    await startPostgres();
    await eventually(
      () => alice.get(`/v2/images/${image.id}`),
      ({ status }) => status === 200,
      'the image',
    );
    expect(await alice.show(image.id)).toEqual(image);
    expect(await alice.createActive(Buffer.from('after'))).toMatchObject({ status: 'active' });
    // The dispatcher and the workers found their way back as well.
    const { id } = await alice.createImage();
    await alice.put(`/v2/images/${id}/stage`, Buffer.from('staged'));
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } });
    await alice.until(id, ({ status }) => status === 'active');
    expect(await vitrine.stop()).toBe(0);
  });

  it('in the middle of an upload costs that upload and nothing else', async () => {
    const alice = await cloud.as('alice', await cloud.run('start').ready());
    const { id } = await alice.createImage();
    async function* slowly() {
      yield Buffer.alloc(600_000);
      await alice.until(id, ({ status }) => status === 'saving');
      await stopPostgres();
      yield Buffer.alloc(600_000);
    }
    expect(await alice.upload(id, Readable.from(slowly()))).toMatchObject({ status: 503 });
    await startPostgres();
    await eventually(
      () => alice.get(`/v2/images/${id}`),
      ({ status, text }) => status === 200 && text.includes('"queued"'),
      'the image',
    );
    expect(await alice.upload(id, Buffer.from('again'))).toMatchObject({ status: 204 });
    await cloud.untilObjects(id, 1);
  });
});

describe('at the start', () => {
  it('waits for a PostgreSQL that is late, and says so', async () => {
    await stopPostgres();
    const vitrine = cloud.run('start');
    await vitrine.said(({ msg }) => msg === 'waiting for PostgreSQL (DATABASE_URL)');
    await startPostgres();
    await vitrine.ready();
  });

  it('gives up on a PostgreSQL that does not come, names DATABASE_URL, and shows no password', async () => {
    await stopPostgres();
    const vitrine = cloud.run('start', { VITRINE_START_TIMEOUT_SECONDS: '1' });
    expect(await vitrine.ended()).toBe(1);
    expect(vitrine.output).toMatch(/PostgreSQL did not answer within 1 s \(DATABASE_URL\)/);
    expect(vitrine.output).not.toContain(new URL(postgres.url).password);
  });

  it('gives up on a Redis that does not come, and names REDIS_URL', async () => {
    const vitrine = cloud.run('start', { VITRINE_START_TIMEOUT_SECONDS: '1', REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await vitrine.ended()).toBe(1);
    expect(vitrine.output).toMatch(/waiting for Redis \(REDIS_URL\)/);
    expect(vitrine.output).toMatch(/Redis did not answer within 1 s \(REDIS_URL\)/);
  });

  it('names a variable that it cannot use, with exit code 2', async () => {
    const vitrine = cloud.run('start', { VITRINE_PORT: 'ninety' });
    expect(await vitrine.ended()).toBe(2);
    expect(vitrine.output).toMatch(/VITRINE_PORT must be a whole number/);
  });

  it('names a port that is taken', async () => {
    const url = new URL(await cloud.run('start').ready());
    const second = cloud.run('start', { VITRINE_PORT: url.port });
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(new RegExp(`port ${url.port} of 127.0.0.1 is taken: set VITRINE_PORT`));
  });
});
