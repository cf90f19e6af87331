import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const bytes = randomBytes(2_000_000);
const sha512 = createHash('sha512').update(bytes).digest('hex');
let downloads = 0;

/** path → what the server does with it */
const pages: Readonly<Record<string, (answer: ServerResponse) => void>> = {
  '/disk': (answer) => answer.writeHead(200, { 'content-length': bytes.length }).end(bytes),
  '/chunked': (answer) => answer.end(bytes),
  '/moved': (answer) => answer.writeHead(302, { location: '/disk' }).end(),
  '/missing': (answer) => answer.writeHead(404).end('not here'),
  '/short': (answer) => {
    answer.writeHead(200, { 'content-length': bytes.length + 1 });
    answer.write(bytes, () => answer.destroy());
  },
  '/endless': (answer) => {
    const more = () => answer.write(bytes, more);
    more();
  },
  '/to-private': (answer) => answer.writeHead(302, { location: 'http://127.0.0.1:9/disk' }).end(),
  '/busy-once': (answer) => {
    if (downloads++ === 0) answer.writeHead(503, { 'retry-after': '1' }).end();
    else answer.end(bytes);
  },
  '/silent': () => undefined,
};

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
beforeAll(async () => {
  web = await startWebServer((request, answer) => pages[request.url!]!(answer));
  world = await startCloud({
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_IMPORT_ATTEMPTS: '2',
    VITRINE_IMPORT_TIMEOUT_SECONDS: '1',
    VITRINE_IMAGE_SIZE_CAP: String(4 << 20),
  });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
});

const download = (id: string, uri: string) =>
  world.alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri } });

describe('web-download', () => {
  it.each(['/disk', '/chunked', '/moved', '/busy-once'])('of %s makes the image active', async (path) => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const accepted = await download(id, `${web.url}${path}`);
    expect(accepted).toMatchObject({ status: 202, text: '' });
    const image = await alice.until(id, ({ status }) => status !== 'importing');
    expect(image).toMatchObject({ status: 'active', size: bytes.length, os_hash_value: sha512 });
    expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    expect((await alice.get(`/v2/images/${id}/tasks`)).json.tasks).toEqual([
      expect.objectContaining({
        ...{ image_id: id, type: 'api_image_import', status: 'success', owner: alice.projectId },
        request_id: accepted.headers['x-openstack-request-id'],
      }),
    ]);
  });

  it.each([
    ['/missing', /answered 404/],
    ['/short', /2000000 of the 2000001|2000000 bytes|other side closed/],
    ['/endless', /larger than the 4194304 bytes/],
    ['/to-private', /Port 9 is not allowed/],
    ['/silent', /could not be reached.*Timeout/],
  ])('of %s returns the image to queued, shows it failed, and keeps the reason', async (path, reason) => {
    const { alice } = world;
    const { id } = await alice.createImage();
    expect(await download(id, `${web.url}${path}`)).toMatchObject({ status: 202 });
    const image = await alice.until(id, ({ status }) => status === 'queued');
    expect(image).toMatchObject({ os_glance_failed_import: 'local', size: null });
    expect(image).not.toHaveProperty('os_glance_import_task');
    const [task] = (await alice.get(`/v2/images/${id}/tasks`)).json.tasks as { status: string; message: string }[];
    expect(task).toMatchObject({ status: 'failure', message: expect.stringMatching(reason) });
    const failures = (await alice.history(id)).filter(({ type }) => type === 'ImageImportFailed');
    expect(failures.at(-1)!.data).toMatchObject({ reason: expect.stringMatching(reason), retry_at: null });
    expect(await download(id, `${web.url}/disk`)).toMatchObject({ status: 202 });
    await alice.until(id, ({ status }) => status === 'active');
  });

  it.each([
    ['a file', 'file:///etc/passwd', /Scheme file: is not allowed/],
    ['credentials', 'http://root:hunter2@127.0.0.1/disk', /credentials/],
    ['another port', 'http://127.0.0.1:22/', /Port 22 is not allowed/],
    ['a short address', 'http://127.1/', /written in full/],
    ['no URL', 'disk.qcow2', /not a URL/],
  ])('of %s is refused at once, without repeating a secret', async (_what, uri, text) => {
    const { id } = await world.alice.createImage();
    const answer = await download(id, uri);
    expect(answer.status).toBe(400);
    expect(answer.json.message).toMatch(text);
    expect(answer.text).not.toContain('hunter2');
    expect(await world.alice.show(id)).toMatchObject({ status: 'queued' });
  });

  it('of a name that does not resolve is refused at once', async () => {
    const { id } = await world.alice.createImage();
    const answer = await download(id, `http://nowhere.invalid:${web.port}/disk`);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.json.message).toMatch(/nowhere\.invalid does not resolve/);
  });

  it('ends when the image is deleted, and leaves no bytes', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    await download(id, `${web.url}/silent`);
    await alice.until(id, (image) => 'os_glance_import_task' in image);
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 204 });
    expect(await alice.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
    await world.cloud.untilObjects(id, 0);
  });
});

describe('glance-direct', () => {
  it('stages, imports, and gives the staged copy up', async () => {
    const { alice } = world;
    const staged = randomBytes(300_001);
    const { id } = await alice.createImage();
    const stage = `/v2/images/${id}/stage`;
    expect(await alice.put(stage, staged)).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ status: 'uploading', size: null });
    expect(await alice.put(stage, staged)).toMatchObject({ status: 409 });
    expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 204 });
    const answer = await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } });
    expect(answer).toMatchObject({ status: 202 });
    expect(await alice.until(id, ({ status }) => status !== 'importing')).toMatchObject({
      status: 'active',
      os_hash_value: createHash('sha512').update(staged).digest('hex'),
    });
    await world.cloud.untilObjects(id, 1);
    expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(staged)).toBe(true);
  });

  it('needs staged data, and each method its own status', async () => {
    const { alice } = world;
    const queued = await alice.createImage();
    const direct = { method: { name: 'glance-direct' } };
    expect(await alice.post(`/v2/images/${queued.id}/import`, direct)).toMatchObject({ status: 409 });
    const active = await alice.createActive(Buffer.from('x'));
    expect(await download(active.id, `${web.url}/disk`)).toMatchObject({ status: 409 });
  });
});

describe('an import request', () => {
  it.each<[string, object | string, number]>([
    ['no method', {}, 400],
    ['an unknown method', { method: { name: 'teleport' } }, 400],
    ['a download from nowhere', { method: { name: 'web-download' } }, 400],
    ['an unknown field', { method: { name: 'glance-direct' }, color: 'red' }, 400],
    ['stores and all_stores', { method: { name: 'glance-direct' }, stores: ['local'], all_stores: true }, 400],
    ['an unknown store', { method: { name: 'glance-direct' }, stores: ['attic'] }, 409],
    ['malformed JSON', '{', 400],
  ])('with %s is refused', async (_what, body, status) => {
    const { id } = await world.alice.createImage();
    expect(await world.alice.post(`/v2/images/${id}/import`, body)).toMatchObject({ status });
  });

  it('while another one runs is refused with 409', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    await download(id, `${web.url}/silent`);
    expect(await download(id, `${web.url}/disk`)).toMatchObject({ status: 409 });
  });
});
