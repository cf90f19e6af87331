import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as open, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const MiB = 1 << 20;
const download = randomBytes(3 * MiB);

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
beforeAll(async () => {
  web = await startWebServer((request, answer) => {
    if (request.url === '/disk') answer.setHeader('content-length', download.length);
    answer.end(download);
  });
  world = await startCloud({
    VITRINE_PROJECT_QUOTA_SIZE: String(5 * MiB),
    VITRINE_PROJECT_QUOTA_STAGE: String(2 * MiB),
    VITRINE_PROJECT_QUOTA_IMAGES: '10',
    VITRINE_PROJECT_QUOTA_UPLOADING: '3',
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
  });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
});
afterEach(async () => {
  const { alice } = world;
  for (const { id } of (await alice.get('/v2/images?limit=100')).images) await alice.delete(`/v2/images/${id}`);
  expect(await used(alice)).toEqual([0, 0, 0, 0]);
});

/** size and stage in MiB, images, uploads and imports under way */
async function used(who: Client): Promise<number[]> {
  const { usage } = (await who.get('/v2/info/usage')).json as { usage: Record<string, { usage: number }> };
  const names = ['image_size_total', 'image_stage_total', 'image_count_total', 'image_count_uploading'];
  return names.map((name) => usage[name]!.usage);
}

function openUpload(who: Client, id: string, headers: Readonly<Record<string, string | number>> = {}) {
  const upload = open(`${who.url}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: { 'x-auth-token': who.token, 'content-type': 'application/octet-stream', ...headers },
  });
  upload.on('error', () => undefined);
  return upload;
}

const chunked = (bytes: number) => Readable.from([randomBytes(bytes)]);

describe('what a project uses', () => {
  it('is told by the names that Glance has, in MiB', async () => {
    const { alice, bob } = world;
    await alice.createActive(randomBytes(3 * MiB + 5));
    expect((await alice.get('/v2/info/usage')).json).toEqual({
      usage: {
        image_size_total: { limit: 5, usage: 3 },
        image_stage_total: { limit: 2, usage: 0 },
        image_count_total: { limit: 10, usage: 1 },
        image_count_uploading: { limit: 3, usage: 0 },
      },
    });
    expect(await used(bob)).toEqual([0, 0, 0, 0]);
  });

  it('goes over to the new owner of an image', async () => {
    const { admin, alice, bob } = world;
    const { id } = await alice.createActive(randomBytes(2 * MiB));
    const giveTo = (owner: string) => admin.patch(id, [{ op: 'replace', path: '/owner', value: owner }]);
    expect(await giveTo(bob.projectId)).toMatchObject({ status: 200 });
    expect(await used(alice)).toEqual([0, 0, 0, 0]);
    expect(await used(bob)).toEqual([2, 0, 1, 0]);
    const filled = await alice.createActive(randomBytes(4 * MiB));
    expect(await giveTo(alice.projectId)).toMatchObject({ status: 413 });
    await alice.delete(`/v2/images/${filled.id}`);
    expect(await giveTo(alice.projectId)).toMatchObject({ status: 200 });
  });
});

describe('a quota', () => {
  it('of ten images lets exactly ten of fifty creations at once through', async () => {
    const { alice } = world;
    const answers = await Promise.all(Array.from({ length: 50 }, () => alice.post('/v2/images', {})));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status === 413);
    expect(refused).toHaveLength(40);
    expect(refused[0]!.json.message).toContain('image_count_total: limit is 10, current usage is 10, and 1 more');
    expect((await alice.get('/v2/images?limit=100')).images).toHaveLength(10);
  });

  it('of bytes counts what was announced before a byte has come', async () => {
    const { alice } = world;
    const [first, second] = [await alice.createImage(), await alice.createImage()];
    const upload = openUpload(alice, first.id, { 'content-length': 3 * MiB });
    upload.flushHeaders();
    await alice.until(first.id, ({ status }) => status === 'saving');
    expect(await used(alice)).toEqual([3, 0, 2, 1]);
    const refused = await alice.upload(second.id, randomBytes(3 * MiB));
    expect(refused.status).toBe(413);
    expect(refused.json.message).toContain('image_size_total: limit is 5242880 bytes, current usage is 3145728 bytes');
    expect(await alice.show(second.id)).toMatchObject({ status: 'queued' });
    upload.destroy();
    await alice.until(first.id, ({ status }) => status === 'queued');
    expect(await alice.upload(second.id, randomBytes(3 * MiB))).toMatchObject({ status: 204 });
  });

  it('ends one of two uploads that nobody announced and that fit only alone, and its bytes go', async () => {
    const { alice, cloud } = world;
    const ids = [(await alice.createImage()).id, (await alice.createImage()).id];
    const uploads = ids.map((id) => openUpload(alice, id));
    const answers = uploads.map((upload) => once(upload, 'response') as Promise<[IncomingMessage]>);
    for (const upload of uploads) upload.write(randomBytes(2 * MiB));
    for (const id of ids) await alice.until(id, ({ status }) => status === 'saving');
    for (const upload of uploads) upload.end(randomBytes(MiB));
    const statuses = (await Promise.all(answers)).map(([{ statusCode }]) => statusCode);
    expect([...statuses].sort()).toEqual([204, 413]);
    const [kept, lost] = statuses[0] === 204 ? ids : [...ids].reverse();
    expect(await alice.show(kept!)).toMatchObject({ status: 'active' });
    expect(await alice.show(lost!)).toMatchObject({ status: 'queued', size: null });
    expect(await used(alice)).toEqual([3, 0, 2, 0]);
    await cloud.untilObjects(kept!, 1);
    await cloud.untilObjects(lost!, 0);
  });

  it('stops an upload without a length where the room ends', async () => {
    const { alice, cloud } = world;
    await alice.createActive(randomBytes(4 * MiB));
    const { id } = await alice.createImage();
    const answer = await alice.upload(id, Readable.from(endless()));
    expect(answer.status).toBe(413);
    expect(answer.json.message).toContain('does not fit in what is left');
    expect(await used(alice)).toEqual([4, 0, 2, 0]);
    await cloud.untilObjects(id, 0);
    expect(await alice.upload(id, chunked(MiB))).toMatchObject({ status: 204 });
    const { id: empty } = await alice.createImage();
    expect(await alice.upload(empty, chunked(0))).toMatchObject({ status: 204 });
  });

  it('is not got round by deleting the image in the middle of its upload', async () => {
    const { alice, cloud } = world;
    const { id } = await alice.createImage();
    const upload = openUpload(alice, id, { 'content-length': 3 * MiB });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.write(randomBytes(2 * MiB));
    await alice.until(id, ({ status }) => status === 'saving');
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 204 });
    expect(await used(alice)).toEqual([0, 0, 0, 0]);
    upload.end(randomBytes(MiB));
    expect((await answered)[0].statusCode).toBe(410);
    await cloud.untilObjects(id, 0);
    expect(await used(alice)).toEqual([0, 0, 0, 0]);
  });

  it('of staged bytes is one of its own', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    expect(await alice.put(`/v2/images/${id}/stage`, randomBytes(3 * MiB))).toMatchObject({ status: 413 });
    expect(await alice.put(`/v2/images/${id}/stage`, chunked(3 * MiB))).toMatchObject({ status: 413 });
    expect(await alice.put(`/v2/images/${id}/stage`, chunked(2 * MiB))).toMatchObject({ status: 204 });
    expect(await used(alice)).toEqual([0, 2, 1, 1]);
    expect(await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } })).toMatchObject({
      status: 202,
    });
    await alice.until(id, ({ status }) => status === 'active');
    expect(await used(alice)).toEqual([2, 0, 1, 0]);
  });

  it('that has no room for the copies of staged data refuses the import', async () => {
    const { alice } = world;
    await alice.createActive(randomBytes(4 * MiB));
    const { id } = await alice.createImage();
    await alice.put(`/v2/images/${id}/stage`, randomBytes(2 * MiB));
    const answer = await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } });
    expect(answer).toMatchObject({ status: 413 });
    expect(await alice.show(id)).toMatchObject({ status: 'uploading' });
  });

  it('of uploads under way counts imports too', async () => {
    const { alice } = world;
    for (let n = 0; n < 3; n++) {
      const { id } = await alice.createImage();
      expect(await alice.put(`/v2/images/${id}/stage`, Buffer.from('x'))).toMatchObject({ status: 204 });
    }
    const { id } = await alice.createImage();
    const answer = await alice.upload(id, Buffer.from('x'));
    expect(answer.status).toBe(413);
    expect(answer.json.message).toContain('image_count_uploading: limit is 3');
  });

  it.each(['/disk', '/chunked'])('fails an import of %s at once, with the reason', async (path) => {
    const { alice, cloud } = world;
    await alice.createActive(randomBytes(3 * MiB));
    const { id } = await alice.createImage();
    const method = { name: 'web-download', uri: `${web.url}${path}` };
    expect(await alice.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 202 });
    await alice.until(id, ({ status }) => status === 'queued');
    const tasks = (await alice.get(`/v2/images/${id}/tasks`)).json.tasks as { status: string; message: string }[];
    expect(tasks).toMatchObject([
      { status: 'failure', message: expect.stringMatching(/image_size_total: limit is 5242880 bytes/) },
    ]);
    expect((await alice.history(id)).filter(({ type }) => type === 'ImageImportFailed')).toHaveLength(1);
    await cloud.untilObjects(id, 0);
    await eventually(
      () => used(alice),
      ([size, , , uploading]) => size === 3 && uploading === 0,
      'the usage of alpha',
    );
  });
});

function* endless(): Generator<Buffer> {
  const chunk = randomBytes(64 << 10);
  for (;;) yield chunk;
}
