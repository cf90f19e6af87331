import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';
import { scratchDirectory } from '../services/scratch.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const bytes = randomBytes(500_000);
const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');

/** Serves the bytes, whole or in part; under /changing what they are by now, of a size that is not announced. */
let current = bytes;
function serve({ url, headers }: IncomingMessage, answer: ServerResponse): void {
  if (url === '/changing') return void answer.writeHead(200).end(current);
  if (url !== '/disk') return void answer.writeHead(404).end();
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  if (first === undefined) return void answer.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  const part = bytes.subarray(Number(first), Number(last) + 1);
  answer.writeHead(206, { 'content-range': `bytes ${first}-${last}/${bytes.length}` }).end(part);
}

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
let directory: string;
beforeAll(async () => {
  web = await startWebServer(serve);
  directory = scratchDirectory('locations');
  world = await startCloud({
    VITRINE_STORES: `local=file:${directory},web=http:`,
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
  });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
  rmSync(directory, { recursive: true });
});

const add = (id: string, body: object, who = world.alice) => who.post(`/v2/images/${id}/locations`, body);

describe('a location on the web', () => {
  it('makes the image active with what its data are, and downloads come from there, whole and in part', async () => {
    const { alice, glance } = world;
    const { id } = await alice.createImage();
    const answer = await add(id, {
      url: `${web.url}/disk`,
      validation_data: { os_hash_algo: 'sha512', os_hash_value: digest('sha512') },
    });
    expect(answer).toMatchObject({ status: 202 });
    const image = await alice.until(id, ({ status }) => status !== 'importing');
    expect(image).toMatchObject({
      ...{ status: 'active', size: bytes.length, stores: 'web' },
      ...{ checksum: digest('md5'), os_hash_value: digest('sha512') },
    });
    expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    const part = await alice.get(`/v2/images/${id}/file`, { range: 'bytes=1000-1999' });
    expect(part.status).toBe(206);
    expect(part.bytes.equals(bytes.subarray(1000, 2000))).toBe(true);
    expect((await glance.get(`/v2/images/${id}/locations`)).json).toEqual([
      { url: `${web.url}/disk`, metadata: { store: 'web' } },
    ]);
    expect((await alice.get(`/v2/images/${id}/tasks`)).json.tasks).toMatchObject([{ type: 'location_import' }]);
  });

  it('is active without an expected digest too', async () => {
    const { id } = await world.alice.createImage();
    expect(await add(id, { url: `${web.url}/disk` }, world.glance)).toMatchObject({ status: 202 });
    await world.alice.until(id, ({ status }) => status === 'active');
  });

  it('with other data than expected returns the image to queued, and says both digests', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const expected = 'ab'.repeat(64);
    await add(id, { url: `${web.url}/disk`, validation_data: { os_hash_algo: 'sha512', os_hash_value: expected } });
    expect(await alice.until(id, ({ status }) => status !== 'importing')).toMatchObject({
      status: 'queued',
      size: null,
    });
    const [task] = (await alice.get(`/v2/images/${id}/tasks`)).json.tasks as { message: string }[];
    expect(task!.message).toBe(`the data at the location has sha512 ${digest('sha512')}, not ${expected}`);
  });

  it('that does not answer returns the image to queued', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    await add(id, { url: `${web.url}/missing` });
    expect(await alice.until(id, ({ status }) => status !== 'importing')).toMatchObject({ status: 'queued' });
  });

  it.each([
    ['more', Buffer.concat([bytes, Buffer.from('HTTP/1.1 200 OK\r\n\r\n')])],
    ['less', bytes.subarray(10)],
  ])('that holds %s by now gives a download that breaks off', async (_what, later) => {
    const { alice } = world;
    const { id } = await alice.createImage();
    current = bytes;
    await add(id, { url: `${web.url}/changing` });
    await alice.until(id, ({ status }) => status === 'active');
    current = later;
    await expect(alice.get(`/v2/images/${id}/file`)).rejects.toThrow('other side closed');
  });

  it.each<[string, object]>([
    ['no url', {}],
    ['a file', { url: 'file:///etc/passwd' }],
    ['a url of more bytes than an index takes', { url: `http://h/${'ü'.repeat(1_000)}` }],
    ['another port', { url: 'http://127.0.0.1:22/disk' }],
    ['a signature', { url: 'http://h/disk?X-Amz-Date=1&X-Amz-Signature=abc' }],
    ['a token', { url: 'http://h/disk?page=1&token=abc' }],
    ['another algorithm', { url: 'http://h/', validation_data: { os_hash_algo: 'md5', os_hash_value: 'a' } }],
    ['an unknown field', { url: 'http://h/', color: 'red' }],
  ])('with %s is refused', async (_what, body) => {
    const { id } = await world.alice.createImage();
    expect(await add(id, body)).toMatchObject({ status: 400 });
    expect(await world.alice.show(id)).toMatchObject({ status: 'queued' });
  });

  it('is for those who may write the image, while it is queued', async () => {
    const { alice, bob, rita } = world;
    const { id } = await alice.createImage();
    const body = { url: `${web.url}/disk` };
    expect(await add(id, body, rita)).toMatchObject({ status: 403 });
    expect(await add(id, body, bob)).toMatchObject({ status: 404 });
    await alice.upload(id, Buffer.from('x'));
    expect(await add(id, body)).toMatchObject({ status: 409 });
    expect(await alice.get(`/v2/images/${id}/locations`)).toMatchObject({ status: 403 });
  });
});

describe('a store on the web', () => {
  it('takes no uploads and no imports, and says so', async () => {
    const { alice } = world;
    expect((await alice.get('/v2/info/stores')).json.stores).toContainEqual({ id: 'web', 'read-only': 'true' });
    const { id } = await alice.createImage();
    expect(await alice.upload(id, bytes, { 'x-image-meta-store': 'web' })).toMatchObject({ status: 400 });
    const body = { method: { name: 'web-download', uri: `${web.url}/disk` }, stores: ['web'] };
    expect(await alice.post(`/v2/images/${id}/import`, body)).toMatchObject({ status: 400 });
  });
});
