import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

describe('creating an image', () => {
  it('answers 201 with the whole image, its absolute address and what it can be filled by', async () => {
    const { alice } = world;
    const id = randomUUID();
    const answer = await alice.post('/v2/images', {
      ...{ id, name: 'ubuntu', disk_format: 'qcow2', container_format: 'bare', min_disk: 4, min_ram: 512 },
      ...{ tags: ['lts', 'lts', 'x86'], protected: false, os_distro: 'ubuntu' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({
      location: `${alice.url}/v2/images/${id}`,
      'openstack-image-import-methods': 'glance-direct,web-download,glance-download,copy-image',
      'openstack-image-store-ids': 'local',
    });
    expect(answer.json).toEqual({
      ...{ id, name: 'ubuntu', status: 'queued', visibility: 'shared', protected: false, os_hidden: false },
      ...{ owner: alice.projectId, disk_format: 'qcow2', container_format: 'bare', min_disk: 4, min_ram: 512 },
      ...{ size: null, virtual_size: null, checksum: null, os_hash_algo: null, os_hash_value: null },
      ...{ tags: ['lts', 'x86'], os_distro: 'ubuntu', schema: '/v2/schemas/image' },
      ...{ self: `/v2/images/${id}`, file: `/v2/images/${id}/file` },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updated_at: expect.stringMatching(/Z$/),
    });
    expect((await alice.get(`/v2/images/${id}`)).json).toEqual(answer.json);
  });

  it.each<[string, unknown, number, RegExp]>([
    ['malformed JSON', '{"name": ', 400, /not valid JSON/],
    ['a list', [], 400, /must be a JSON object/],
    ['an id that is no UUID', { id: 'one' }, 400, /id: "one" is not a UUID/],
    ['a wrong type', { min_disk: 'ten' }, 400, /min_disk: "ten" is not an integer/],
    ['a negative min_ram', { min_ram: -1 }, 400, /min_ram: -1 is not between 0 and 2147483647/],
    ['an unknown disk format', { disk_format: 'floppy' }, 400, /disk_format: "floppy" is not one of/],
    ['an unknown visibility', { visibility: 'secret' }, 400, /visibility/],
    ['a property that is no string', { os_version: 12 }, 400, /os_version: 12 is not a string/],
    ['a property that is null', { os_version: null }, 400, /os_version: null is not a string/],
    ['a name of 256 characters', { name: 'n'.repeat(256) }, 400, /name: it is longer than 255/],
    ['a character of four bytes', { name: 'disk 💾' }, 400, /Basic Multilingual Plane/],
    ['what only the service sets', { status: 'active' }, 403, /'status' is read-only/],
    ['locations', { locations: [] }, 403, /'locations' is read-only/],
    ['a reserved name', { os_glance_import_task: 'x' }, 403, /is reserved/],
    ['a public image by a member', { visibility: 'public' }, 403, /not authorized to publicize/],
    ['an image for another project', { owner: 'beta' }, 403, /another project/],
    ['129 tags', { tags: Array.from({ length: 129 }, (_, n) => `t${n}`) }, 413, /maximum: 128/],
  ])('refuses %s and keeps nothing', async (_what, body, status, text) => {
    const { alice } = world;
    const before = (await alice.get('/v2/images?limit=1000')).images.length;
    const answer = await alice.post('/v2/images', body as object);
    expect(answer).toMatchObject({ status });
    expect(answer.json).toMatchObject({ code: expect.stringMatching(`^${status} `) });
    expect(String(answer.json.message).replaceAll('&quot;', '"')).toMatch(text);
    expect((await alice.get('/v2/images?limit=1000')).images).toHaveLength(before);
  });

  it('refuses a body beyond 1 MiB with 413 and any other media type with 400', async () => {
    const { alice } = world;
    expect(await alice.post('/v2/images', { name: 'n', big: 'x'.repeat(1 << 20) })).toMatchObject({ status: 413 });
    expect(await alice.post('/v2/images', '<image/>', { 'content-type': 'text/xml' })).toMatchObject({ status: 400 });
  });

  it('never gives an id twice, not even after deletion', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    expect(await alice.post('/v2/images', { id })).toMatchObject({ status: 409 });
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 204 });
    expect(await alice.post('/v2/images', { id })).toMatchObject({ status: 409 });
    expect(await alice.post('/v2/images', { id: id.toUpperCase() })).toMatchObject({ status: 409 });
  });

  it('is not for readers', async () => {
    expect(await world.rita.post('/v2/images', { name: 'x' })).toMatchObject({ status: 403 });
  });
});

describe('changing an image', () => {
  it('takes both forms of patch', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ name: 'before', color: 'red', size_hint: 'small' });
    const newer = await alice.patch(id, [
      { op: 'replace', path: '/name', value: 'after' },
      { op: 'add', path: '/os_distro', value: 'debian' },
      { op: 'replace', path: '/color', value: 'blue' },
      { op: 'remove', path: '/size_hint' },
      { op: 'replace', path: '/tags', value: ['a', 'b'] },
      { op: 'add', path: '/a~1b~0c', value: 'escaped' },
    ]);
    expect(newer.status).toBe(200);
    expect(newer.json).toMatchObject({ name: 'after', os_distro: 'debian', color: 'blue', tags: ['a', 'b'] });
    expect(newer.json).toMatchObject({ 'a/b~c': 'escaped' });
    expect(newer.json).not.toHaveProperty('size_hint');
    const older = await alice.send('PATCH', `/v2/images/${id}`, [{ replace: '/name', value: 'older' }], {
      'content-type': 'application/openstack-images-v2.0-json-patch',
    });
    expect(older.json).toMatchObject({ name: 'older' });
  });

  it('keeps properties that are called what every JavaScript object has, as Glance does', async () => {
    const { alice } = world;
    const created = await alice.post('/v2/images', '{"__proto__": "a", "constructor": "b"}');
    const { id } = created.image;
    expect(Object.entries(created.json)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    );
    const patched = await alice.patch(id, [
      { op: 'replace', path: '/__proto__', value: 'c' },
      { op: 'add', path: '/toString', value: 'd' },
      { op: 'remove', path: '/constructor' },
    ]);
    expect(Object.entries(await alice.show(id))).toEqual(Object.entries(patched.json));
    expect(patched.text).toContain('"__proto__":"c"');
    expect((await alice.get('/v2/images?__proto__=c')).images).toHaveLength(1);
    const [first, second] = await alice.history(id);
    expect(Object.entries(first!.changes)).toContainEqual(['__proto__', { from: null, to: 'a' }]);
    expect(Object.entries(second!.changes)).toEqual([
      ['__proto__', { from: 'a', to: 'c' }],
      ['constructor', { from: 'b', to: null }],
      ['toString', { from: null, to: 'd' }],
    ]);
  });

  it('takes an empty patch, and add for a base attribute, as the openstack CLI sends it', async () => {
    const { alice } = world;
    const image = await alice.createImage({ name: 'same' });
    expect((await alice.patch(image.id, [])).json).toEqual(image);
    expect(await alice.patch(image.id, [{ op: 'add', path: '/name', value: 'new' }])).toMatchObject({ status: 200 });
  });

  it.each<[string, object, number]>([
    ['an unknown operation', { op: 'move', path: '/a', from: '/b' }, 400],
    ['a path of two segments', { op: 'add', path: '/a/b', value: 'x' }, 400],
    ['a path without a slash', { op: 'add', path: 'name', value: 'x' }, 400],
    ['an operation without a value', { op: 'add', path: '/name' }, 400],
    ['a value of a wrong type', { op: 'replace', path: '/protected', value: 'yes' }, 400],
    ['removing a base attribute', { op: 'remove', path: '/name' }, 403],
    ['a read-only attribute', { op: 'replace', path: '/checksum', value: 'x' }, 403],
    ['a reserved attribute', { op: 'add', path: '/os_glance_x', value: 'x' }, 403],
    ['locations', { op: 'add', path: '/locations/-', value: { url: 'http://h/', metadata: {} } }, 403],
    ['another owner', { op: 'replace', path: '/owner', value: 'beta' }, 403],
    ['replacing what is not there', { op: 'replace', path: '/nope', value: 'x' }, 409],
    ['removing what is not there', { op: 'remove', path: '/nope' }, 409],
  ])('refuses %s and changes nothing', async (_what, operation, status) => {
    const { alice } = world;
    const image = await alice.createImage({ name: 'kept' });
    const answer = await alice.patch(image.id, [{ op: 'replace', path: '/name', value: 'lost' }, operation]);
    expect(answer.status).toBe(status);
    expect(await alice.show(image.id)).toEqual(image);
  });

  it('says which media types it takes', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const answer = await alice.send('PATCH', `/v2/images/${id}`, []);
    expect(answer.status).toBe(415);
    expect(answer.headers['accept-patch']).toMatch(/v2\.1-json-patch.*v2\.0-json-patch/);
  });

  it('is refused with 404 for an image that the caller may not see and 403 for one that he may', async () => {
    const { admin, alice, bob } = world;
    const { id } = await alice.createImage();
    const rename = [{ op: 'replace', path: '/name', value: 'mine' }];
    expect(await bob.patch(id, rename)).toMatchObject({ status: 404 });
    expect(await admin.patch(id, [{ op: 'replace', path: '/visibility', value: 'public' }])).toMatchObject({
      status: 200,
    });
    expect(await bob.patch(id, rename)).toMatchObject({ status: 403 });
    expect(await bob.delete(`/v2/images/${id}`)).toMatchObject({ status: 403 });
  });
});

describe('tags, protection, deactivation, deletion', () => {
  it('adds a tag once and removes it once', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    const tag = `/v2/images/${id}/tags/${encodeURIComponent('größe/3')}`;
    expect(await alice.put(tag)).toMatchObject({ status: 204 });
    expect(await alice.put(tag)).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ tags: ['größe/3'] });
    expect(await alice.delete(tag)).toMatchObject({ status: 204 });
    expect(await alice.delete(tag)).toMatchObject({ status: 404 });
  });

  it('keeps a protected image', async () => {
    const { alice } = world;
    const { id } = await alice.createImage({ protected: true });
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 403 });
    await alice.patch(id, [{ op: 'replace', path: '/protected', value: false }]);
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 204 });
    expect(await alice.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
    expect(await world.admin.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
    expect(await alice.delete(`/v2/images/${id}`)).toMatchObject({ status: 404 });
  });

  it('gives the bytes of a deactivated image to an admin only, and deactivating twice is no error', async () => {
    const { admin, alice } = world;
    const { id } = await alice.createActive(Buffer.from('secret'));
    const actions = `/v2/images/${id}/actions`;
    expect(await alice.post(`${actions}/deactivate`)).toMatchObject({ status: 204 });
    expect(await alice.post(`${actions}/deactivate`)).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ status: 'deactivated' });
    expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 403 });
    expect((await admin.get(`/v2/images/${id}/file`)).text).toBe('secret');
    expect(await alice.post(`${actions}/reactivate`)).toMatchObject({ status: 204 });
    expect((await alice.get(`/v2/images/${id}/file`)).text).toBe('secret');
  });

  it('refuses to deactivate an image without data', async () => {
    const { id } = await world.alice.createImage();
    expect(await world.alice.post(`/v2/images/${id}/actions/deactivate`)).toMatchObject({ status: 403 });
  });
});
