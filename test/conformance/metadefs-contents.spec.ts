import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const times = { created_at: time, updated_at: time };
const definition = { type: 'string', title: 'Title' };

let count = 0;
let path: string;
beforeEach(async () => {
  const name = `Contents::${++count}`;
  await world.admin.post('/v2/metadefs/namespaces', { namespace: name, visibility: 'public' });
  path = `/v2/metadefs/namespaces/${name}`;
});
const nameOf = (list: unknown) => (list as { name: string }[]).map(({ name }) => name);

describe('objects', () => {
  const given = { name: 'limits', description: 'D', required: ['iops'], properties: { iops: definition } };

  it('are added with 201, shown, replaced with 200 and removed with 204', async () => {
    const { admin, alice } = world;
    const links = { self: `${path}/objects/limits`, schema: '/v2/schemas/metadefs/object' };
    const added = await admin.post(`${path}/objects`, given);
    expect(added).toMatchObject({ status: 201 });
    expect(added.json).toEqual({ ...given, ...times, ...links });
    expect((await alice.get(`${path}/objects/limits`)).json).toEqual(added.json);
    expect((await alice.get(`${path}/objects`)).json).toEqual({
      objects: [added.json],
      schema: 'v2/schemas/metadefs/objects',
    });
    const changed = await admin.put(`${path}/objects/limits`, { name: 'größen/2' });
    expect(changed).toMatchObject({ status: 200 });
    expect(changed.json).toEqual({
      ...{ name: 'größen/2', required: [], properties: {}, ...times },
      ...{ self: `${path}/objects/größen/2`, schema: '/v2/schemas/metadefs/object' },
    });
    const encoded = `${path}/objects/${encodeURIComponent('größen/2')}`;
    expect(await alice.get(encoded)).toMatchObject({ status: 200 });
    expect(await admin.delete(encoded)).toMatchObject({ status: 204, text: '' });
    expect(await alice.get(encoded)).toMatchObject({ status: 404 });
  });

  it('are removed all at once', async () => {
    const { admin } = world;
    for (const name of ['a', 'b']) await admin.post(`${path}/objects`, { name });
    expect(nameOf((await admin.get(`${path}/objects`)).json.objects)).toEqual(['a', 'b']);
    expect(await admin.delete(`${path}/objects`)).toMatchObject({ status: 204 });
    expect((await admin.get(`${path}/objects`)).json.objects).toEqual([]);
  });

  it('are asked for with a sensible limit only', async () => {
    for (const query of ['limit=0', 'limit=x', 'sort_dir=up']) {
      expect(await world.alice.get(`${path}/objects?${query}`)).toMatchObject({ status: 400 });
    }
    expect(await world.alice.get(`${path}/objects?limit=1`)).toMatchObject({ status: 200 });
  });
});

describe('properties', () => {
  const given = { name: 'bus', type: 'string', title: 'Bus', enum: ['virtio', 'ide'], operators: ['<or>'], default: 5 };

  it('are added with 201, shown alone and by name, replaced with 200 and removed with 204', async () => {
    const { admin, alice } = world;
    const shown = { ...given, default: '5' };
    const added = await admin.post(`${path}/properties`, given);
    expect(added).toMatchObject({ status: 201 });
    expect(added.json).toEqual(shown);
    expect((await alice.get(`${path}/properties/bus`)).json).toEqual(shown);
    expect((await alice.get(`${path}/properties`)).json).toEqual({ properties: { bus: shown } });
    const changed = await admin.put(`${path}/properties/bus`, { name: 'disk_bus', ...definition });
    expect(changed).toMatchObject({ status: 200 });
    expect(changed.json).toEqual({ name: 'disk_bus', ...definition });
    expect(await admin.delete(`${path}/properties/disk_bus`)).toMatchObject({ status: 204 });
    expect((await alice.get(`${path}/properties`)).json).toEqual({ properties: {} });
    await admin.post(`${path}/properties`, given);
    expect(await admin.delete(`${path}/properties`)).toMatchObject({ status: 204 });
    expect((await alice.get(`${path}/properties`)).json).toEqual({ properties: {} });
  });

  it('have the prefix of the resource type that is asked for', async () => {
    const { admin, alice } = world;
    await admin.post(`${path}/properties`, given);
    await admin.post(`${path}/objects`, { name: 'o', required: ['x'], properties: { x: definition } });
    for (const type of [{ name: 'A::Image', prefix: 'hw_' }, { name: 'A::Server' }]) {
      expect(await admin.post(`${path}/resource_types`, type)).toMatchObject({ status: 201 });
    }
    const namespace = async (type: string) => (await alice.get(`${path}?resource_type=${type}`)).json;
    expect(await namespace('A::Image')).toMatchObject({
      properties: { hw_bus: { title: 'Bus' } },
      objects: [{ required: ['hw_x'], properties: { hw_x: definition } }],
    });
    for (const type of ['A::Server', 'A::Stranger', '']) {
      expect(Object.keys((await namespace(type)).properties as object)).toEqual(['bus']);
    }
    const property = (name: string, type: string) => alice.get(`${path}/properties/${name}?resource_type=${type}`);
    expect((await property('hw_bus', 'A::Image')).json).toMatchObject({ name: 'bus' });
    expect(await property('bus', 'A::Image')).toMatchObject({ status: 404 });
    expect(await property('hw_bus', 'A::Stranger')).toMatchObject({ status: 404 });
    expect((await property('bus', 'A::Server')).json).toMatchObject({ name: 'bus' });
    expect((await property('bus', '')).json).toMatchObject({ name: 'bus' });
  });
});

describe('tags', () => {
  const tags = async (query = '') => nameOf((await world.alice.get(`${path}/tags${query}`)).json.tags);
  const set = (names: string[], headers?: Record<string, string>) =>
    world.admin.post(`${path}/tags`, { tags: names.map((name) => ({ name })) }, headers);

  it('are added without a body with 201, shown, renamed with 200 and removed with 204', async () => {
    const { admin, alice } = world;
    const tag = `${path}/tags/${encodeURIComponent('größe 3')}`;
    const added = await admin.post(tag);
    expect(added).toMatchObject({ status: 201 });
    expect(added.json).toEqual({ name: 'größe 3', ...times });
    expect((await alice.get(tag)).json).toEqual(added.json);
    const renamed = await admin.put(tag, { name: 'size' });
    expect(renamed).toMatchObject({ status: 200 });
    expect(renamed.json).toEqual({ name: 'size', ...times });
    expect(await admin.delete(`${path}/tags/size`)).toMatchObject({ status: 204 });
    expect(await alice.get(`${path}/tags/size`)).toMatchObject({ status: 404 });
    expect(await admin.post(`${path}/tags/x`, { name: 'x' })).toMatchObject({ status: 400 });
  });

  it('are set as a list, in the place of those that there were or beside them', async () => {
    expect(await set(['a', 'b'])).toMatchObject({ status: 201, json: { tags: [{ name: 'a' }, { name: 'b' }] } });
    expect(await tags()).toEqual(['b', 'a']);
    await set(['c', 'b']);
    expect(await tags()).toEqual(['c', 'b']);
    expect(await set(['d'], { 'x-openstack-append': 'True' })).toMatchObject({ status: 201 });
    expect(await tags()).toEqual(['d', 'c', 'b']);
    expect(await set(['e', 'd'], { 'x-openstack-append': 'true' })).toMatchObject({ status: 409 });
    expect(await set(['e', 'e'])).toMatchObject({ status: 409 });
    expect(await set([])).toMatchObject({ status: 201 });
    expect(await tags()).toEqual(['d', 'c', 'b']);
    expect(await world.admin.delete(`${path}/tags`)).toMatchObject({ status: 204 });
    expect(await tags()).toEqual([]);
  });

  it('are listed page by page in any order', async () => {
    await set(['b', 'a', 'c']);
    await world.admin.post(`${path}/tags/d`);
    expect(await tags('?sort_key=name&sort_dir=asc')).toEqual(['a', 'b', 'c', 'd']);
    expect(await tags('?sort_dir=asc&limit=2')).toEqual(['b', 'a']);
    expect(await tags('?sort_dir=asc&limit=2&marker=a')).toEqual(['c', 'd']);
    expect(await tags('?limit=0')).toEqual([]);
    expect(await tags('?marker=b')).toEqual([]);
    for (const query of ['?limit=-1', '?limit=x', '?sort_key=color', '?sort_dir=up']) {
      expect(await world.alice.get(`${path}/tags${query}`)).toMatchObject({ status: 400 });
    }
    expect(await world.alice.get(`${path}/tags?marker=nope`)).toMatchObject({ status: 404 });
  });
});

describe('resource types', () => {
  it('are associated with 201, listed and dissociated with 204; what was known stays known', async () => {
    const { admin, alice } = world;
    const given = { name: 'Test::Type', prefix: 'x:', properties_target: 'image' };
    const added = await admin.post(`${path}/resource_types`, given);
    expect(added).toMatchObject({ status: 201 });
    expect(added.json).toEqual({ ...given, ...times });
    expect((await alice.get(`${path}/resource_types`)).json).toEqual({ resource_type_associations: [added.json] });
    expect((await admin.post(`${path}/resource_types`, { name: 'Bare' })).json).toEqual({ name: 'Bare', ...times });
    expect(await admin.delete(`${path}/resource_types/Test::Type`)).toMatchObject({ status: 204 });
    expect(await admin.delete(`${path}/resource_types/Test::Type`)).toMatchObject({ status: 404 });
    const known = nameOf((await alice.get('/v2/metadefs/resource_types')).json.resource_types);
    expect(known).toEqual(expect.arrayContaining(['Bare', 'OS::Glance::Image', 'Test::Type']));
  });
});
