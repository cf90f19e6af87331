import { request as open } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { holdAppends } from '../services/held-appends.js';

let world: Awaited<ReturnType<typeof startCloud>>;
let nobody: Client;
beforeAll(async () => {
  world = await startCloud({ VITRINE_STORES: undefined });
  nobody = new Client(world.url, undefined);
});
afterAll(() => world.cloud.remove());

const someId = '00000000-0000-4000-8000-000000000000';

describe('without a token', () => {
  it.each([
    ['/', 300],
    ['/versions', 200],
  ])('%s tells the versions with status %d', async (path, status) => {
    const answer = await nobody.get(path);
    expect(answer.status).toBe(status);
    expect((answer.json.versions as object[])[0]).toEqual({
      id: 'v2.17',
      status: 'CURRENT',
      links: [{ rel: 'self', href: `${world.url}/v2/` }],
    });
  });

  it('/healthcheck and /metrics answer', async () => {
    expect(await nobody.get('/healthcheck')).toMatchObject({ status: 200, text: 'OK' });
    await world.alice.get('/v2/images');
    const metrics = await nobody.get('/metrics');
    expect(metrics.text).toContain('vitrine_http_request_duration_seconds_count');
    expect(metrics.text).toMatch(/^vitrine_log_unsealed_seconds \d/m);
    expect(metrics.text).toMatch(/method="GET",route="\/v2\/images",status="200"/);
  });

  it.each([
    ...['/v2/images', `/v2/images/${someId}`, `/vitrine/v1/images/${someId}/history`],
    ...['/v2/schemas/image', '/v2/schemas/metadefs/tag', '/v2/metadefs/namespaces', '/v2/metadefs/resource_types'],
  ])('%s is 401 and says where to get one', async (path) => {
    const answer = await nobody.get(path);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(`Keystone uri="${world.url}/identity/v3"`);
    expect(await new Client(world.url, 'made-up').get(path)).toMatchObject({ status: 401 });
  });
});

describe('errors', () => {
  const missing = `/v2/images/${someId}`;

  it('are HTML for those who take anything, as glanceclient needs them', async () => {
    for (const accept of ['*/*', 'text/html']) {
      const answer = await world.alice.get(missing, { accept });
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      expect(answer.text).toContain('<title>404 Not Found</title>');
      expect(answer.text).toContain(`No image found with ID ${someId}`);
    }
  });

  it('are JSON for those who name it', async () => {
    const answer = await world.alice.get(missing, { accept: 'application/json' });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json).toEqual({
      message: `No image found with ID ${someId}<br /><br />\n\n\n`,
      code: '404 Not Found',
      title: 'Not Found',
    });
  });

  it('are HTML for those who like anything as much as JSON, and JSON with what was sent as it was sent', async () => {
    const axios = await world.alice.get(missing, { accept: 'application/json, text/plain, */*' });
    expect(axios.headers['content-type']).toMatch(/^text\/html/);
    const json = await world.alice.get(`/v2/images/${encodeURIComponent('<b>\'"&')}`, {
      accept: 'text/*;q=0.9, application/json',
    });
    expect(json.json).toMatchObject({ message: 'No image found with ID <b>\'"&<br /><br />\n\n\n' });
  });

  it('are plain text for those who say nothing', async () => {
    const answer = await world.alice.get(missing, { accept: '' });
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.text).toContain('404 Not Found');
  });

  it('repeat what was sent in HTML only escaped', async () => {
    const answer = await world.alice.get('/v2/images/<script>"\'', { accept: 'text/html' });
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('&lt;script&gt;&quot;&#x27;');
  });

  it('name the methods that a path takes', async () => {
    const answer = await world.alice.post(missing, {});
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('DELETE, GET, PATCH');
    expect(await world.alice.send('HEAD', '/v2/images')).toMatchObject({ status: 405 });
  });

  it('say that an image does not exist whatever its id looks like', async () => {
    for (const id of ['my-image', someId, "'; drop table images", '%00']) {
      expect(await world.alice.get(`/v2/images/${encodeURIComponent(id)}`)).toMatchObject({ status: 404 });
    }
  });
});

describe('every answer', () => {
  it("has a request id, the client's own where it sent one", async () => {
    const own = await world.alice.get('/v2/images', { 'x-openstack-request-id': 'req-mine' });
    expect(own.headers['x-openstack-request-id']).toBe('req-mine');
    const made = await world.alice.get('/v2/images', { 'x-openstack-request-id': 'x'.repeat(65) });
    expect(made.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
    expect((await nobody.get('/v2/images')).headers['x-openstack-request-id']).toMatch(/^req-/);
  });

  it('is one JSON line in the log, with who, what, from where and how long, and no token', async () => {
    const { alice, cloud } = world;
    await alice.get('/v2/images?name=secret-query', { 'x-openstack-request-id': 'req-logged' });
    const line = await cloud.processes[0]!.said(({ request_id: id }) => id === 'req-logged');
    expect(line).toMatchObject({
      ...{ method: 'GET', path: '/v2/images', status: 200, user: alice.userId, project: alice.projectId },
      ...{ ms: expect.any(Number), address: '127.0.0.1' },
    });
    expect(cloud.processes[0]!.output).not.toContain(alice.token);
    expect(cloud.processes[0]!.output).not.toContain('secret-query');
  });

  it.each([
    ['that is a refusal', () => nobody, '/v2/images', 401],
    ['of no route', () => world.alice, '/v2/nothing', 404],
  ])('%s has its line, too', async (_, who, path, status) => {
    await who().get(path, { 'x-openstack-request-id': `req-${status}` });
    const line = await world.cloud.processes[0]!.said(({ request_id: id }) => id === `req-${status}`);
    expect(line).toMatchObject({ method: 'GET', path, status, address: '127.0.0.1' });
  });

  it('whose client hung up before it came has its line, too, and the change that was made leads to it', async () => {
    const { alice, cloud } = world;
    const { id } = await alice.createImage();
    const appends = await holdAppends(cloud.settings.DATABASE_URL!);
    const headers = {
      ...{ 'x-auth-token': alice.token, 'x-openstack-request-id': 'req-cut' },
      'content-type': 'application/openstack-images-v2.1-json-patch',
    };
    const request = open(`${alice.url}/v2/images/${id}`, { method: 'PATCH', headers }).on('error', () => undefined);
    request.end(JSON.stringify([{ op: 'replace', path: '/visibility', value: 'community' }]));
    await appends.untilAwaited('the change');
    request.destroy();
    const line = await cloud.processes[0]!.said(({ request_id: told }) => told === 'req-cut');
    await appends.release();
    expect(line).toMatchObject({ method: 'PATCH', status: 499, user: alice.userId, address: '127.0.0.1' });
    await alice.until(id, ({ visibility }) => visibility === 'community');
    const changed = (await alice.history(id)).find(({ type }) => type === 'ImageVisibilityChanged');
    expect(changed).toMatchObject({ request_id: 'req-cut' });
  });

  it('is the same under /v2.N, and takes the octet-stream type that glanceclient sends with everything', async () => {
    const { alice } = world;
    expect(await alice.get('/v2.17/images', { 'content-type': 'application/octet-stream' })).toMatchObject({
      status: 200,
    });
    const { id } = await alice.createImage();
    const answer = await alice.delete(`/v2/images/${id}`, { 'content-type': 'application/octet-stream' });
    expect(answer).toMatchObject({ status: 204 });
  });
});

describe('discovery', () => {
  it('lists import methods and stores', async () => {
    expect((await world.alice.get('/v2/info/import')).json).toMatchObject({
      'import-methods': { value: ['glance-direct', 'web-download', 'glance-download', 'copy-image'] },
    });
    expect((await world.alice.get('/v2/info/stores')).json).toEqual({ stores: [{ id: 'local', default: 'true' }] });
  });

  it.each(['image', 'images', 'member', 'members'])('publishes the schema of %s', async (name) => {
    expect((await world.alice.get(`/v2/schemas/${name}`)).json).toMatchObject({ name, properties: expect.anything() });
  });

  it('publishes an image schema that clients build models from', async () => {
    expect((await world.alice.get('/v2/schemas/image')).json).toMatchObject({
      additionalProperties: { type: 'string' },
      properties: {
        name: { type: ['null', 'string'] },
        status: { readOnly: true },
        os_distro: { is_base: false },
        disk_format: { enum: expect.arrayContaining([null, 'qcow2', 'raw']) },
      },
    });
  });
});
