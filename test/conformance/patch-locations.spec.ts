import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { scratchDirectory } from '../services/scratch.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const bytes = randomBytes(300_000);
const s3 = new URL(process.env.TEST_S3_URL!.replace(/^s3\+/, ''));
/** of every request that reached the web server */
const asked: string[] = [];

function serve({ method, url }: IncomingMessage, answer: ServerResponse): void {
  asked.push(`${method} ${url}`);
  if (url === '/missing') return void answer.writeHead(404).end();
  answer.writeHead(200, { 'content-length': bytes.length }).end(method === 'HEAD' ? undefined : bytes);
}

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
let directory: string;
beforeAll(async () => {
  web = await startWebServer(serve);
  directory = scratchDirectory('patch-locations');
  world = await startCloud({
    VITRINE_STORES: `local=file:${directory},ceph=s3+${s3.origin.replace('//', `//${s3.username}:${s3.password}@`)}/patched,web=http:?weight=-1`,
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_SHOW_MULTIPLE_LOCATIONS: 'true',
    VITRINE_SHOW_DIRECT_URL: 'true',
  });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
  rmSync(directory, { recursive: true });
});

const place = (name: string, more: object = {}) => ({ url: `${web.url}/${name}`, metadata: {}, ...more });
const add = (value: object, index: number | '-' = '-') => ({ op: 'add', path: `/locations/${index}`, value });
const shown = (name: string, more: object = {}) => ({
  url: `${web.url}/${name}`,
  metadata: { store: 'web', ...more },
});

/** alice's active image at these places. */
async function imageAt(...names: string[]): Promise<string> {
  const { alice } = world;
  const { id } = await alice.createImage();
  const answer = await alice.patch(id, [
    { op: 'replace', path: '/locations', value: names.map((name) => place(name)) },
  ]);
  expect(answer).toMatchObject({ status: 200, json: { status: 'active' } });
  return id;
}

describe('a location added to a queued image', () => {
  it('makes it active at once, with the size that its server says, and no digests', async () => {
    const { alice } = world;
    const created = await alice.createImage();
    expect(created.locations).toEqual([]);
    expect(created).not.toHaveProperty('direct_url');
    const answer = await alice.patch(created.id, [add(place('disk', { metadata: { speed: 'slow' } }))]);
    expect(answer.json).toMatchObject({
      ...{ status: 'active', size: bytes.length, checksum: null, os_hash_algo: null, os_hash_value: null },
      ...{ stores: 'web', locations: [shown('disk', { speed: 'slow' })], direct_url: `${web.url}/disk` },
    });
    expect(await alice.show(created.id)).toEqual(answer.json);
    expect((await alice.get(`/v2/images?id=${created.id}`)).images).toEqual([answer.json]);
    const data = await alice.get(`/v2/images/${created.id}/file`);
    expect(data.bytes.equals(bytes)).toBe(true);
    expect(data.headers).not.toHaveProperty('content-md5');
  });

  it('takes what is said of its data, unread, in the older form of patches too', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const validation_data = { checksum: '1'.repeat(32), os_hash_algo: 'sha512', os_hash_value: 'deadbeef'.repeat(16) };
    const operations = [{ add: '/locations/-', value: place('disk', { validation_data }) }];
    const type = 'application/openstack-images-v2.0-json-patch';
    const answer = await alice.send('PATCH', `/v2/images/${id}`, operations, { 'content-type': type });
    expect(answer.json).toMatchObject({ status: 'active', ...validation_data, locations: [shown('disk')] });
    const other = { ...validation_data, checksum: '2'.repeat(32) };
    expect(await alice.patch(id, [add(place('b', { validation_data: other }))])).toMatchObject({ status: 409 });
    expect(await alice.patch(id, [add(place('b', { validation_data }))])).toMatchObject({ status: 200 });
  });

  it('can be copied into other stores', async () => {
    const { admin, alice } = world;
    const id = await imageAt('disk');
    await admin.post(`/v2/images/${id}/import`, { method: { name: 'copy-image' }, stores: ['ceph'] });
    const image = await alice.until(id, ({ os_glance_importing_to_stores: left }) => left === '');
    expect(image).toMatchObject({ stores: 'ceph,web', os_glance_failed_import: '' });
    expect(image.direct_url).toMatch(/^s3:\/\/patched\//);
    expect((await alice.get(`/v2/images/${id}/file?prefer=ceph`)).bytes.equals(bytes)).toBe(true);
  });
});

describe('the list of locations', () => {
  it('grows where the number says, changes its order and metadata as a whole, and shrinks for admins', async () => {
    const { admin, alice } = world;
    const id = await imageAt('a', 'b');
    const locationsAfter = async (who: Client, ...operations: object[]) => {
      const answer = await who.patch(id, operations);
      expect([answer.status, answer.text]).toEqual([200, expect.anything()]);
      return answer.json.locations;
    };
    expect(await locationsAfter(alice, add(place('c'), 1))).toEqual([shown('a'), shown('c'), shown('b')]);
    const value = [shown('b', { date: 'today' }), shown('a'), shown('c')];
    expect(await locationsAfter(alice, { op: 'replace', path: '/locations', value })).toEqual(value);
    expect(await alice.patch(id, [{ op: 'remove', path: '/locations/0' }])).toMatchObject({ status: 403 });
    expect(await locationsAfter(admin, { op: 'remove', path: '/locations/1' })).toEqual([value[0], value[2]]);
    expect(await locationsAfter(admin, { op: 'remove', path: '/locations/-' })).toEqual([value[0]]);
    expect(await admin.patch(id, [{ op: 'remove', path: '/locations/0' }])).toMatchObject({ status: 403 });
    expect((await admin.get(`/v2/images/${id}/locations`)).json).toEqual([value[0]]);
    expect((await alice.history(id)).filter(({ type }) => type === 'ImageLocationsChanged')).toHaveLength(5);
  });

  it('holds the place of uploaded data, whose bytes go with it', async () => {
    const { admin, alice } = world;
    const { id } = await alice.createActive(bytes);
    const { locations } = await alice.show(id);
    expect(locations).toEqual([
      { url: expect.stringMatching(`^file://${directory}/${id}/`), metadata: { store: 'local' } },
    ]);
    await alice.patch(id, [add(place('disk'))]);
    expect(await admin.patch(id, [{ op: 'remove', path: '/locations/0' }])).toMatchObject({ status: 200 });
    expect(await alice.show(id)).toMatchObject({ locations: [shown('disk')], stores: 'web' });
    await alice.until(id, ({ stores }) => stores === 'web');
    expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
  });

  it.each<[string, object, number]>([
    ['replaced by none', { op: 'replace', path: '/locations', value: [] }, 403],
    ['replaced by what is no list', { op: 'replace', path: '/locations', value: {} }, 400],
    ['replaced in one place', { op: 'replace', path: '/locations/0', value: {} }, 400],
    ['given one without a place', { op: 'add', path: '/locations', value: {} }, 400],
    ['given one at a place that is no number', { op: 'add', path: '/locations/x', value: { url: 'http://h/' } }, 400],
    ['given one without metadata', { op: 'add', path: '/locations/-', value: { url: 'http://h/' } }, 400],
    ['robbed of one that is not there', { op: 'remove', path: '/locations/7' }, 400],
    ['created', {}, 403],
  ])('cannot be %s', async (what, operation, status) => {
    const { admin, alice } = world;
    if (what === 'created') {
      expect(await alice.post('/v2/images', { locations: [place('disk')] })).toMatchObject({ status });
      return;
    }
    const id = await imageAt('a');
    const before = await admin.show(id);
    expect(await admin.patch(id, [operation])).toMatchObject({ status });
    expect(await admin.show(id)).toEqual(before);
  });
});

describe('a location that cannot be', () => {
  const refused = async (url: string) => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const answer = await alice.patch(id, [add({ url, metadata: {} })]);
    expect(await alice.show(id)).toMatchObject({ status: 'queued', locations: [] });
    return answer;
  };

  it.each([
    ['a file of the server', () => 'file:///etc/passwd'],
    ['another scheme', () => 'gopher://example.org'],
    ['no data', () => `${web.url}/missing`],
    ['another port', () => 'http://127.0.0.1:22/'],
    ['a short address', () => `http://127.1:${web.port}/disk`],
    ['a name of 2,001 bytes', () => `${web.url}/${'x'.repeat(2_000)}`],
  ])('is refused: %s', async (_what, url) => {
    expect(await refused(url())).toMatchObject({ status: 400 });
  });

  it("is the place of another image's data, which its reader would be given", async () => {
    const { admin, bob } = world;
    const secrets = [await bob.createActive(bytes, { visibility: 'private' })];
    const { id } = await bob.createImage({ visibility: 'private' });
    await bob.upload(id, bytes, { 'x-image-meta-store': 'ceph' });
    secrets.push(await bob.show(id));
    for (const { locations } of await Promise.all(secrets.map((secret) => admin.show(secret.id)))) {
      expect(await refused((locations as [{ url: string }])[0].url)).toMatchObject({ status: 400 });
    }
  });

  it('holds credentials, and nothing repeats them', async () => {
    const answer = await refused(`http://alice:hunter2@127.0.0.1:${web.port}/disk`);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('hunter2');
    for (const { output } of world.cloud.processes) expect(output).not.toContain('hunter2');
  });

  it('is not asked of anybody when the caller may not set it, or there are too many', async () => {
    const { alice, bob, rita } = world;
    const { id } = await alice.createImage();
    asked.length = 0;
    expect(await rita.patch(id, [add(place('disk'))])).toMatchObject({ status: 403 });
    expect(await bob.patch(id, [add(place('disk'))])).toMatchObject({ status: 404 });
    const many = Array.from({ length: 11 }, (_, n) => add(place(`${n}`)));
    expect(await alice.patch(id, many)).toMatchObject({ status: 413 });
    expect(asked).toEqual([]);
  });
});

describe('where the data lies', () => {
  it('is shown to the owner, admins and services, and not to others who may see the image', async () => {
    const { admin, alice, bob, glance, rita } = world;
    const id = await imageAt('disk');
    await admin.patch(id, [{ op: 'replace', path: '/visibility', value: 'public' }]);
    const known = { locations: [shown('disk')], direct_url: `${web.url}/disk` };
    for (const who of [admin, alice, rita]) expect(await who.show(id)).toMatchObject(known);
    const forBob = await bob.show(id);
    expect(forBob.locations).toEqual([]);
    expect(JSON.stringify(forBob)).not.toContain(web.url);
    expect((await bob.get(`/v2/images?id=${id}`)).images).toEqual([forBob]);
    const passedOn = await bob.get(`/v2/images/${id}`, { 'x-service-token': glance.token! });
    expect(passedOn.json).toMatchObject(known);
  });

  it('is shown of a deactivated image to admins only', async () => {
    const { admin, alice } = world;
    const id = await imageAt('disk');
    await alice.post(`/v2/images/${id}/actions/deactivate`);
    expect(await alice.show(id)).toMatchObject({ locations: [] });
    expect(await alice.show(id)).not.toHaveProperty('direct_url');
    expect(await admin.show(id)).toMatchObject({ locations: [shown('disk')] });
    expect(await alice.patch(id, [add(place('b'))])).toMatchObject({ status: 409 });
  });

  it('tells no credential of its store, in images, events or the log', async () => {
    const { admin } = world;
    const { id } = await admin.createImage();
    await admin.upload(id, bytes, { 'x-image-meta-store': 'ceph' });
    const answers = [
      await admin.get(`/v2/images/${id}`),
      await admin.get(`/v2/images/${id}/locations`),
      await admin.get(`/vitrine/v1/images/${id}/history`),
    ];
    expect(answers[0]!.image.direct_url).toMatch(/^s3:\/\/patched\//);
    const told = [...answers.map(({ text }) => text), ...world.cloud.processes.map(({ output }) => output)];
    for (const text of told) expect(text.includes(s3.password) || text.includes(`${s3.username}:`)).toBe(false);
  });

  it('is described by the schema, by which clients check images', async () => {
    const { json } = await world.alice.get('/v2/schemas/image');
    expect(json.properties).toMatchObject({ locations: { type: 'array', items: { required: ['url', 'metadata'] } } });
  });
});

it("is shrunk by members of the owner's project, too, where the operator lets them, and by nobody else", async () => {
  const { cloud, alice, rita } = await startCloud({
    VITRINE_STORES: `local=file:${directory},web=http:`,
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_SHOW_MULTIPLE_LOCATIONS: 'true',
    VITRINE_OWNERS_REMOVE_LOCATIONS: 'true',
  });
  try {
    const { id } = await alice.createImage();
    await alice.patch(id, [add(place('a')), add(place('b'))]);
    const remove = [{ op: 'remove', path: '/locations/0' }];
    expect(await rita.patch(id, remove)).toMatchObject({ status: 403 });
    const { status, json } = await alice.patch(id, remove);
    expect([status, json.locations]).toEqual([200, [shown('b')]]);
  } finally {
    await cloud.remove();
  }
});
