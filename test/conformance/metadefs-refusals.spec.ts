import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

const definition = { type: 'string', title: 'Title' };

let count = 0;
let name: string;
let path: string;
beforeEach(async () => {
  name = `Refusals::${++count}`;
  path = `/v2/metadefs/namespaces/${name}`;
  await world.admin.post('/v2/metadefs/namespaces', { namespace: name, visibility: 'public' });
});
const protect = (isProtected: boolean) =>
  world.admin.put(path, { namespace: name, visibility: 'public', protected: isProtected });

/** Each kind: how one is made, what its path is, what replaces it. */
const kinds = [
  ['objects', 'objects/x', { name: 'x' }],
  ['properties', 'properties/x', { name: 'x', ...definition }],
  ['tags', 'tags/x', { tags: [{ name: 'x' }] }],
  ['resource_types', 'resource_types/x', { name: 'x' }],
] as const;

describe.each(kinds)('%s', (collection, one, body) => {
  const add = () => world.admin.post(`${path}/${collection}`, body, { 'x-openstack-append': 'true' });

  it('have each name once: 409', async () => {
    expect(await add()).toMatchObject({ status: 201 });
    expect(await add()).toMatchObject({ status: 409 });
  });

  it('are not removed from a protected namespace: 403', async () => {
    await add();
    await protect(true);
    expect(await world.admin.delete(`${path}/${one}`)).toMatchObject({ status: 403 });
    if (collection !== 'resource_types') {
      expect(await world.admin.delete(`${path}/${collection}`)).toMatchObject({ status: 403 });
    }
    await protect(false);
    expect(await world.admin.delete(`${path}/${one}`)).toMatchObject({ status: 204 });
  });

  it('are 404 where there is none, and where there is no namespace', async () => {
    const { admin } = world;
    expect(await admin.delete(`${path}/${one}`)).toMatchObject({ status: 404 });
    expect(await admin.get(`${path}-not/${collection}`)).toMatchObject({ status: 404 });
    expect(await admin.post(`${path}-not/${collection}`, body)).toMatchObject({ status: 404 });
    expect(await admin.delete(`${path}-not/${one}`)).toMatchObject({ status: 404 });
    if (collection === 'resource_types') return;
    const item = { ...body, name: 'x' };
    expect(await admin.get(`${path}/${one}`)).toMatchObject({ status: 404 });
    expect(await admin.put(`${path}/${one}`, item)).toMatchObject({ status: 404 });
    expect(await admin.delete(`${path}-not/${collection}`)).toMatchObject({ status: 404 });
  });

  it('are written by admins only: 403', async () => {
    for (const who of [world.alice, world.rita, world.bob]) {
      expect(await who.post(`${path}/${collection}`, body)).toMatchObject({ status: 403 });
      expect(await who.delete(`${path}/${one}`)).toMatchObject({ status: 403 });
      if (collection === 'resource_types') continue;
      expect(await who.put(`${path}/${one}`, { ...body, name: 'x' })).toMatchObject({ status: 403 });
      expect(await who.delete(`${path}/${collection}`)).toMatchObject({ status: 403 });
    }
  });

  it.each([
    [undefined, 400],
    ['[]', 400],
    [{ color: 'red' }, 400],
    [{ ...body, color: 'red' }, 400],
    [{ ...body, created_at: 'x' }, 403],
    [{ ...body, name: 'x'.repeat(81) }, 400],
    [{ ...body, name: 'disk 💾' }, 400],
  ])('refuse the body %j with %i', async (wrong, status) => {
    const answer = await world.admin.post(`${path}/${collection}`, wrong, { 'content-type': 'application/json' });
    expect(answer).toMatchObject({ status });
  });
});
