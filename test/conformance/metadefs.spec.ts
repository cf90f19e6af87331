import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  world = await startCloud();
});
afterAll(() => world.cloud.remove());

const root = '/v2/metadefs/namespaces';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const times = { created_at: time, updated_at: time };
const definition = { type: 'string', title: 'Title' };

let count = 0;
/** A new namespace's name. */
async function namespace(more: object = {}): Promise<string> {
  const name = `Test::${++count}`;
  const answer = await world.admin.post(root, { namespace: name, ...more });
  expect(answer).toMatchObject({ status: 201 });
  return name;
}
const listed = async (who: Client, query = '') => {
  const { json } = await who.get(`${root}?limit=1000&${query}`);
  return (json.namespaces as { namespace: string }[]).map((one) => one.namespace);
};

describe('creating a namespace', () => {
  it('answers 201 with its absolute address and what it is', async () => {
    const { admin } = world;
    const body = { namespace: 'My Größe::NS', display_name: 'Mine', description: 'What it is about' };
    const answer = await admin.post(root, body);
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`${admin.url}${root}/My%20Gr%C3%B6%C3%9Fe::NS`);
    const expected = {
      ...body,
      ...{ visibility: 'private', protected: false, owner: admin.projectId, ...times },
      ...{ self: `${root}/My Größe::NS`, schema: '/v2/schemas/metadefs/namespace' },
    };
    expect(answer.json).toEqual(expected);
    expect((await admin.get(answer.headers.location!.slice(admin.url.length))).json).toEqual(answer.json);
  });

  it('takes all that it holds at once, as exported files have it', async () => {
    const name = await namespace({
      ...{ visibility: 'public', protected: true, owner: 'somebody' },
      resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_', properties_target: 'x' }],
      properties: { bus: definition },
      objects: [{ name: 'limits', description: 'D', required: ['iops'], properties: { iops: definition } }],
      tags: [{ name: 'fast' }],
    });
    expect((await world.alice.get(`${root}/${name}`)).json).toEqual({
      ...{ namespace: name, visibility: 'public', protected: true, owner: 'somebody', ...times },
      resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_', properties_target: 'x', ...times }],
      properties: { bus: definition },
      objects: [
        {
          ...{ name: 'limits', description: 'D', required: ['iops'], properties: { iops: definition }, ...times },
          ...{ self: `${root}/${name}/objects/limits`, schema: '/v2/schemas/metadefs/object' },
        },
      ],
      tags: [{ name: 'fast' }],
      ...{ self: `${root}/${name}`, schema: '/v2/schemas/metadefs/namespace' },
    });
  });

  it.each<[string, unknown, number, RegExp]>([
    ['nothing', undefined, 400, /body is expected/],
    ['malformed JSON', '{"namespace": ', 400, /not valid JSON/],
    ['a list', [], 400, /must be a JSON object/],
    ['no name', {}, 400, /namespace: nothing is not a string/],
    ['an empty name', { namespace: '' }, 400, /at least one character/],
    ['a name of 81 characters', { namespace: 'n'.repeat(81) }, 400, /longer than 80/],
    ['a display name of 81', { namespace: 'n', display_name: 'n'.repeat(81) }, 400, /longer than 80/],
    ['a description of 501', { namespace: 'n', description: 'n'.repeat(501) }, 400, /longer than 500/],
    ['a character of four bytes', { namespace: 'disk 💾' }, 400, /Basic Multilingual Plane/],
    ['an unknown visibility', { namespace: 'n', visibility: 'shared' }, 400, /not one of public, private/],
    ['an unknown attribute', { namespace: 'n', color: 'red' }, 400, /color: it is not known here/],
    ['a link', { namespace: 'n', self: '/x' }, 403, /'self' is read-only/],
    ['a time', { namespace: 'n', created_at: '2026' }, 403, /'created_at' is read-only/],
    ['a property without a title', { namespace: 'n', properties: { p: { type: 'string' } } }, 400, /title/],
    ['an object twice', { namespace: 'n', objects: [{ name: 'o' }, { name: 'o' }] }, 409, /already has object o/],
  ])('refuses %s and keeps nothing', async (_what, body, status, text) => {
    const before = await listed(world.admin);
    const answer = await world.admin.post(root, body as object);
    expect(answer).toMatchObject({ status });
    expect(String(answer.json.message).replaceAll('&quot;', '"')).toMatch(text);
    expect(await listed(world.admin)).toEqual(before);
  });

  it('gives a name once: 409, also to many at the same time', async () => {
    const name = await namespace();
    expect(await world.admin.post(root, { namespace: name })).toMatchObject({ status: 409 });
    const raced = await Promise.all(Array.from({ length: 10 }, () => world.admin.post(root, { namespace: 'Raced' })));
    expect(raced.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(raced.find(({ status }) => status === 409)!.json.message).toMatch(/namespace=Raced already exists/);
  });
});

describe('changing and deleting a namespace', () => {
  it('sets every attribute, renames, and answers 200 with the attributes alone', async () => {
    const { admin } = world;
    const name = await namespace({ display_name: 'Old', description: 'gone', tags: [{ name: 't' }] });
    const body = {
      namespace: `${name}-new`,
      display_name: 'New',
      visibility: 'public',
      protected: true,
      owner: 'beta',
    };
    const answer = await admin.put(`${root}/${name}`, body);
    const links = { self: `${root}/${name}-new`, schema: '/v2/schemas/metadefs/namespace' };
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json).toEqual({ ...body, ...times, ...links });
    expect(await admin.get(`${root}/${name}`)).toMatchObject({ status: 404 });
    expect((await admin.get(`${root}/${name}-new`)).json).toEqual({ ...answer.json, tags: [{ name: 't' }] });
  });

  it('takes back what was shown, without times and links', async () => {
    const { admin } = world;
    const name = await namespace({ objects: [{ name: 'o' }], tags: [{ name: 't' }], properties: { p: definition } });
    const { json } = await admin.get(`${root}/${name}`);
    const { created_at: _c, updated_at: _u, self: _self, schema: _schema, ...sent } = json;
    expect(await admin.put(`${root}/${name}`, { ...sent, display_name: 'D' })).toMatchObject({ status: 200 });
    expect((await admin.get(`${root}/${name}`)).json).toEqual({ ...json, display_name: 'D', updated_at: time });
  });

  it.each<[string, object, number]>([
    ['no name', {}, 400],
    ['a wrong type', { namespace: 'n', protected: 'yes' }, 400],
    ['a time', { namespace: 'n', updated_at: '2026' }, 403],
    ['the name of another', { namespace: 'OS::Compute::Watchdog' }, 409],
  ])('refuses %s', async (_what, body, status) => {
    const name = await namespace();
    const before = (await world.admin.get(`${root}/${name}`)).json;
    expect(await world.admin.put(`${root}/${name}`, body)).toMatchObject({ status });
    expect((await world.admin.get(`${root}/${name}`)).json).toEqual(before);
  });

  it('deletes with 204, once, and never what is protected', async () => {
    const { admin } = world;
    const name = await namespace({ protected: true });
    expect(await admin.delete(`${root}/${name}`)).toMatchObject({ status: 403 });
    await admin.put(`${root}/${name}`, { namespace: name });
    expect(await admin.delete(`${root}/${name}`)).toMatchObject({ status: 204, text: '' });
    expect(await admin.get(`${root}/${name}`)).toMatchObject({ status: 404 });
    expect(await admin.delete(`${root}/${name}`)).toMatchObject({ status: 404 });
    expect(await admin.post(root, { namespace: name })).toMatchObject({ status: 201 });
  });
});

describe('who sees and changes namespaces', () => {
  it('members and readers see their own and the public ones, admins all; the service role none', async () => {
    const { admin, alice, rita, bob, glance } = world;
    const own = await namespace({ owner: alice.projectId });
    const shown = await namespace({ owner: alice.projectId, visibility: 'public' });
    const statuses = (path: string) =>
      Promise.all([admin, alice, rita, bob, glance].map(async (who) => (await who.get(path)).status));
    expect(await statuses(`${root}/${own}`)).toEqual([200, 200, 200, 404, 404]);
    expect(await statuses(`${root}/${shown}`)).toEqual([200, 200, 200, 200, 404]);
    expect(await statuses(`${root}/${own}/tags`)).toEqual([200, 200, 200, 404, 404]);
    expect(await statuses(root)).toEqual([200, 200, 200, 200, 403]);
    expect(await statuses('/v2/metadefs/resource_types')).toEqual([200, 200, 200, 200, 403]);
    for (const who of [admin, alice, rita]) expect(await listed(who)).toEqual(expect.arrayContaining([own, shown]));
    expect(await listed(bob)).toContain(shown);
    expect(await listed(bob)).not.toContain(own);
    expect(await listed(rita, 'visibility=private')).toEqual([own]);
  });

  it('only admins write: 403 to whoever sees the namespace, 404 to others', async () => {
    const { alice, rita, bob } = world;
    const own = await namespace({ owner: alice.projectId });
    const body = { namespace: own };
    for (const who of [alice, rita]) {
      expect(await who.post(root, { namespace: 'x' })).toMatchObject({ status: 403 });
      expect(await who.put(`${root}/${own}`, body)).toMatchObject({ status: 403 });
      expect(await who.delete(`${root}/${own}`)).toMatchObject({ status: 403 });
    }
    expect(await bob.put(`${root}/${own}`, body)).toMatchObject({ status: 404 });
    expect(await bob.delete(`${root}/${own}`)).toMatchObject({ status: 404 });
  });
});

it('bodies where none belongs are 400, unknown methods 405', async () => {
  const { admin } = world;
  const name = await namespace();
  for (const path of ['/v2/metadefs/resource_types', `${root}/${name}`, `${root}/${name}/properties`]) {
    expect(await admin.send('GET', path, { a: 1 })).toMatchObject({ status: 400 });
  }
  expect(await admin.send('DELETE', `${root}/${name}`, { a: 1 })).toMatchObject({ status: 400 });
  const answer = await admin.send('PATCH', `${root}/${name}`);
  expect(answer).toMatchObject({ status: 405 });
  expect(answer.headers.allow).toBe('DELETE, GET, PUT');
});
