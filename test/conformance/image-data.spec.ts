import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as open, type IncomingMessage, type RequestOptions } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud({ VITRINE_IMAGE_SIZE_CAP: String(8 << 20) });
});
afterAll(() => world.cloud.remove());

const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');

/** An upload whose bytes the spec sends itself. */
function openUpload(
  who: Client,
  id: string,
  headers: Readonly<Record<string, string | number>> = {},
  options: RequestOptions = {},
) {
  const upload = open(`${who.url}/v2/images/${id}/file`, {
    ...options,
    method: 'PUT',
    headers: { 'x-auth-token': who.token, 'content-type': 'application/octet-stream', ...headers },
  });
  upload.on('error', () => undefined);
  return upload;
}

describe('uploading', () => {
  it('makes the image active with its size and both digests, and downloads give back the same bytes', async () => {
    const { alice } = world;
    const bytes = randomBytes(3_000_001);
    const image = await alice.createActive(bytes);
    expect(image).toMatchObject({
      ...{ status: 'active', size: 3_000_001, virtual_size: 3_000_001, checksum: digest('md5', bytes) },
      ...{ os_hash_algo: 'sha512', os_hash_value: digest('sha512', bytes), stores: 'local' },
    });
    const answer = await alice.get(`/v2/images/${image.id}/file`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '3000001',
      'content-md5': digest('md5', bytes),
      'x-openstack-request-id': expect.stringMatching(/^req-/),
    });
    expect(answer.bytes.equals(bytes)).toBe(true);
  });

  it('takes bytes without a length, and none at all', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    expect(await alice.upload(id, Readable.from([randomBytes(100_000), randomBytes(50)]))).toMatchObject({
      status: 204,
    });
    expect(await alice.show(id)).toMatchObject({ status: 'active', size: 100_050 });
    expect(await alice.createActive(Buffer.alloc(0))).toMatchObject({ status: 'active', size: 0 });
  });

  it('says 100 Continue before the bytes come', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const upload = openUpload(alice, id, { expect: '100-continue', 'content-length': 4 });
    upload.flushHeaders();
    await once(upload, 'continue');
    upload.end('four');
    const [answer] = (await once(upload, 'response')) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(204);
  });

  it('reads the virtual size of a qcow2', async () => {
    const header = Buffer.alloc(512);
    header.write('QFI\xfb', 'latin1');
    header.writeUInt32BE(3, 4);
    header.writeBigUInt64BE(5n << 30n, 24);
    expect(await world.alice.createActive(header, { disk_format: 'qcow2' })).toMatchObject({
      virtual_size: 5 * 2 ** 30,
    });
  });

  it.each<[string, object, Record<string, string>, number]>([
    ['formats that are not set', { disk_format: null }, {}, 400],
    ['another media type', {}, { 'content-type': 'application/json' }, 415],
    ['a store that is not there', {}, { 'x-image-meta-store': 'attic' }, 400],
    ['fewer bytes than announced', {}, { 'x-openstack-image-size': '11' }, 400],
    ['more bytes than announced', {}, { 'x-openstack-image-size': '9' }, 400],
    ['a size that is no number', {}, { 'x-openstack-image-size': 'ten' }, 400],
  ])('refuses %s and leaves the image queued', async (_what, attributes, headers, status) => {
    const { alice } = world;
    const { id } = await alice.createImage(attributes);
    expect(await alice.upload(id, Buffer.from('0123456789'), headers)).toMatchObject({ status });
    expect(await alice.show(id)).toMatchObject({ status: 'queued', size: null });
    expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 204 });
  });

  it('refuses data beyond the cap, says so in the history, and takes the image up again', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const answer = await alice.upload(id, Readable.from(endless()));
    expect(answer).toMatchObject({ status: 413 });
    expect(await alice.show(id)).toMatchObject({ status: 'queued' });
    expect((await alice.history(id)).find(({ type }) => type === 'ImageUploadFailed')).toMatchObject({
      data: { reason: expect.stringMatching(/larger than the 8388608 bytes/) },
    });
    expect(await alice.upload(id, Buffer.from('small'))).toMatchObject({ status: 204 });
  });

  it('that is refused in the middle keeps its connection: the rest is taken, and the next request answered', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statusOf = async (request: ReturnType<typeof open>) => {
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      return answer.statusCode;
    };
    const upload = openUpload(alice, id, {}, { agent });
    upload.end(randomBytes(32 << 20));
    expect(await statusOf(upload)).toBe(413);
    const next = open(`${alice.url}/v2/images/${id}`, { agent, headers: { 'x-auth-token': alice.token } });
    next.end();
    expect(await statusOf(next)).toBe(200);
    agent.destroy();
  });

  it('refuses a second upload', async () => {
    const { alice } = world;
    const { id } = await alice.createActive(Buffer.from('first'));
    expect(await alice.upload(id, Buffer.from('second'))).toMatchObject({ status: 409 });
    expect((await alice.get(`/v2/images/${id}/file`)).text).toBe('first');
  });

  it('is not for readers, nor for other projects', async () => {
    const { alice, bob, rita } = world;
    const { id } = await alice.createImage();
    expect(await rita.upload(id, Buffer.from('x'))).toMatchObject({ status: 403 });
    expect(await bob.upload(id, Buffer.from('x'))).toMatchObject({ status: 404 });
  });

  it('that is cut in the middle returns the image to queued with the reason, and another one succeeds', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const upload = openUpload(alice, id, { 'content-length': 1_000_000 });
    upload.write(randomBytes(300_000));
    await alice.until(id, ({ status }) => status === 'saving');
    upload.destroy();
    await alice.until(id, ({ status }) => status === 'queued');
    expect((await alice.history(id)).map(({ type }) => type)).toContain('ImageUploadFailed');
    expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 204 });
    expect(await alice.upload(id, Buffer.from('again'))).toMatchObject({ status: 204 });
  });

  it('to an image that is deleted meanwhile ends with 410 and leaves no bytes', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const upload = openUpload(alice, id);
    upload.write(randomBytes(700_000));
    await alice.until(id, ({ status }) => status === 'saving');
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 204 });
    upload.write(randomBytes(700_000));
    // Nothing more is sent: the uploader hears of it all the same.
    const [answer] = (await once(upload, 'response')) as [{ statusCode: number }];
    expect(answer.statusCode).toBe(410);
    await world.cloud.untilObjects(id, 0);
  });
});

describe('downloading', () => {
  const bytes = Buffer.from('0123456789');

  it.each<[string, string, string]>([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ])('answers %s with just these bytes', async (range, expected, contentRange) => {
    const { id } = await world.alice.createActive(bytes);
    const answer = await world.alice.get(`/v2/images/${id}/file`, { range });
    expect(answer).toMatchObject({ status: 206, text: expected });
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(expected.length) });
  });

  it('takes the Content-Range of old clients', async () => {
    const { id } = await world.alice.createActive(bytes);
    const answer = await world.alice.get(`/v2/images/${id}/file`, { 'content-range': 'bytes 2-4/10' });
    expect(answer).toMatchObject({ status: 206, text: '234' });
  });

  it.each([
    ['bytes=10-', 416],
    ['bytes=5-4', 416],
    ['bytes=0-1,3-4', 400],
  ])('refuses %s', async (range, status) => {
    const { id } = await world.alice.createActive(bytes);
    expect(await world.alice.get(`/v2/images/${id}/file`, { range })).toMatchObject({ status });
  });

  it('is for members of projects that see the image, not for readers', async () => {
    const { admin, alice, bob, rita } = world;
    const { id } = await alice.createActive(bytes);
    expect(await rita.get(`/v2/images/${id}/file`)).toMatchObject({ status: 403 });
    expect(await bob.get(`/v2/images/${id}/file`)).toMatchObject({ status: 404 });
    await admin.patch(id, [{ op: 'replace', path: '/visibility', value: 'public' }]);
    expect(await bob.get(`/v2/images/${id}/file`)).toMatchObject({ status: 200 });
  });

  it('that is broken off by the client leaves the service serving', async () => {
    const { alice } = world;
    const { id } = await alice.createActive(randomBytes(8 << 20));
    const download = open(`${alice.url}/v2/images/${id}/file`, { headers: { 'x-auth-token': alice.token } });
    download.end();
    const [answer] = (await once(download, 'response')) as [Readable];
    await once(answer, 'data');
    download.destroy();
    expect((await alice.get(`/v2/images/${id}/file`)).bytes).toHaveLength(8 << 20);
  });
});

function* endless() {
  for (;;) yield Buffer.alloc(1 << 20);
}
