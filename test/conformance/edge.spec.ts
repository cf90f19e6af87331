import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

let world: Awaited<ReturnType<typeof startCloud>>;
let nobody: Client;
beforeAll(async () => {
  world = await startCloud();
  nobody = new Client(world.url, undefined);
});
afterAll(() => world.cloud.remove());

describe('versions', () => {
  it('listed are those that need no cache, each of them usable before a path, others not', async () => {
    const ids = ((await nobody.get('/versions')).json.versions as { id: string; status: string }[]).map(({ id }) => id);
    const minors = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    expect(ids).toEqual(minors.map((minor) => `v2.${minor}`));
    for (const id of ids) expect(await world.alice.get(`/${id}/images`)).toMatchObject({ status: 200 });
    for (const id of ['v2.14', 'v2.16', 'v2.18', 'v2.99', 'v2.', 'v2.017', 'v1']) {
      expect(await world.alice.get(`/${id}/images`)).toMatchObject({ status: 300 });
    }
  });

  it.each([
    ['GET', '/', 300],
    ['GET', '/v2', 300],
    ['GET', '/v2/', 300],
    ['GET', '/v2.17/', 300],
    ['GET', '/versions', 200],
    ['GET', '/versions/', 200],
    ['GET', '/versions/v2', 200],
    ['GET', '/v3/images', 300],
    ['POST', '/v3/images', 300],
    ['GET', '/v2images', 300],
    ['GET', '/foo', 300],
    ['POST', '/', 300],
  ])('%s %s is answered with the list and %d, without a token', async (method, path, status) => {
    const answer = await nobody.send(method, path, undefined, { accept: '*/*' });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json.versions).toContainEqual(expect.objectContaining({ id: 'v2.17', status: 'CURRENT' }));
  });

  it('HEAD / finds the service, with no body', async () => {
    expect(await nobody.send('HEAD', '/')).toMatchObject({ status: 300, text: '' });
  });

  it.each(['GET', 'DELETE', 'PATCH'])('%s of an image without an id is 404, and not about the list', async (method) => {
    const { alice } = world;
    for (const path of [
      '/v2/images/',
      '/v2.17/images/',
      '/v2/images/?limit=1',
      `/v2/images/${randomUUID()}/members/`,
    ]) {
      expect(await alice.send(method, path)).toMatchObject({ status: 404 });
    }
    expect(await nobody.send(method, '/v2/images/')).toMatchObject({ status: 401 });
  });

  it('may be asked for by the Accept header, as in Glance', async () => {
    const { alice } = world;
    const versioned = (minor: string) => ({ accept: `application/vnd.openstack.images-v2${minor}` });
    expect(await alice.get('/images', versioned('.17'))).toMatchObject({ status: 200 });
    expect(await alice.get('/images', versioned(''))).toMatchObject({ status: 200 });
    expect(await alice.get('/images', versioned('.99'))).toMatchObject({ status: 300 });
    expect(await alice.get('/v2/images', versioned('.17'))).toMatchObject({ status: 404 });
    expect(await nobody.get('/images', versioned('.17'))).toMatchObject({ status: 401 });
    expect(await nobody.get('/healthcheck', versioned('.17'))).toMatchObject({ status: 200 });
  });

  it('make no difference to what needs a token, however the path is spelled', async () => {
    for (const path of ['/v%32/images', '/v2/sch%65mas/image', '//v2/images', '/v2.17/info/import', '/v2/nowhere']) {
      expect(await nobody.get(path)).toMatchObject({ status: 401 });
    }
    expect(await world.alice.get('//v2/images')).toMatchObject({ status: 200 });
  });

  it('below /v2 are 404 for what is not there, 405 with Allow for another method', async () => {
    const { alice } = world;
    const id = randomUUID();
    expect(await alice.get('/v2/nowhere')).toMatchObject({ status: 404 });
    for (const [method, path, allow] of [
      ['PUT', '/v2/images', 'GET, POST'],
      ['HEAD', '/v2/images', 'GET, POST'],
      ['HEAD', `/v2/images/${id}`, 'DELETE, GET, PATCH'],
      ['POST', `/v2/images/${id}/file`, 'GET, PUT'],
      ['GET', `/v2/images/${id}/stage`, 'PUT'],
      ['GET', `/v2/images/${id}/actions/deactivate`, 'POST'],
      ['PATCH', `/v2/images/${id}/members/x`, 'DELETE, GET, PUT'],
      ['GET', `/v2/images/${id}/tags/x`, 'DELETE, PUT'],
      ['POST', '/v2/schemas/image', 'GET'],
      ['POST', '/healthcheck', 'GET'],
    ] as const) {
      expect(await alice.send(method, path)).toMatchObject({ status: 405, headers: { allow } });
    }
  });
});

describe('a body where none belongs', () => {
  const bodies: [string, string, Readonly<Record<string, string>>][] = [
    ['JSON', '{}', {}],
    ['octets', 'x', { 'content-type': 'application/octet-stream' }],
    ['text', 'x', { 'content-type': 'text/plain' }],
  ];

  it.each(bodies)(
    'is 400 when it is %s, with a length or in chunks, and nothing happens',
    async (_what, body, headers) => {
      const { alice } = world;
      const { id } = await alice.createImage({ tags: ['kept'] });
      for (const [method, path] of [
        ['GET', '/v2/images'],
        ['GET', `/v2/images/${id}`],
        ['GET', '/v2/schemas/image'],
        ['DELETE', `/v2/images/${id}`],
        ['PUT', `/v2/images/${id}/tags/new`],
        ['DELETE', `/v2/images/${id}/tags/kept`],
        ['POST', `/v2/images/${id}/actions/deactivate`],
        ['POST', `/v2/images/${id}/actions/reactivate`],
      ] as const) {
        const typed = { 'content-type': 'application/json', ...headers };
        for (const sent of [body, Readable.from([Buffer.from(body)])]) {
          expect(await alice.send(method, path, sent, typed)).toMatchObject({
            status: 400,
            json: { message: expect.stringContaining('A body is not expected with this request.') },
          });
        }
      }
      expect(await alice.show(id)).toMatchObject({ tags: ['kept'] });
    },
  );

  it('is none when it is empty, whatever its type, with a length or in chunks', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    for (const type of ['application/json', 'application/octet-stream', 'text/plain']) {
      const headers = { 'content-type': type };
      for (const body of ['', Readable.from([])]) {
        expect(await alice.put(`/v2/images/${id}/tags/t`, body, headers)).toMatchObject({ status: 204 });
        expect(await alice.send('DELETE', `/v2/images/${id}/tags/t`, body, headers)).toMatchObject({ status: 204 });
        expect(await alice.send('GET', `/v2/images/${id}`, body, headers)).toMatchObject({ status: 200 });
      }
    }
  });
});

describe('what cannot be decoded or stored', () => {
  it.each([
    '/v2/images/a%zz',
    '/v2/images/%ff',
    '/v2/images/%c3',
    '/v2/images?name=%ff',
    '/v2/images?a%00=b',
    '/v2/images?tag=%00',
    '/a%',
  ])('in the address %s is 400, in the form that the client reads', async (path) => {
    const answer = await world.alice.get(path);
    expect(answer).toMatchObject({ status: 400, json: { code: '400 Bad Request' } });
    expect(answer.headers['x-openstack-request-id']).toMatch(/^req-/);
  });

  it('as a tag is 400 and makes none; as a member it is not there', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    for (const tag of ['%ff', '%zz', '%00', '%F0%9F%92%BE', '%ED%A0%80']) {
      expect(await alice.put(`/v2/images/${id}/tags/${tag}`)).toMatchObject({ status: 400 });
    }
    expect(await alice.show(id)).toMatchObject({ tags: [] });
    for (const member of ['%00', '%F0%9F%92%BE']) {
      expect(await alice.get(`/v2/images/${id}/members/${member}`)).toMatchObject({ status: 404 });
      expect(await alice.delete(`/v2/images/${id}/members/${member}`)).toMatchObject({ status: 404 });
    }
  });

  it.each([
    ['a name of four-byte characters', '{"name":"💾"}'],
    ['a property name of four-byte characters', '{"💾":"x"}'],
    ['a property of four-byte characters', '{"x":"💾"}'],
    ['a tag of four-byte characters', '{"tags":["💾"]}'],
    ['NUL in a name', '{"name":"a\\u0000"}'],
    ['NUL in a property name', '{"a\\u0000":"b"}'],
    ['half a surrogate pair', '{"name":"\\ud83d"}'],
    ['the halves in the wrong order', '{"name":"\\udcbe\\ud83d"}'],
    ['broken UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
  ])('in a body is 400: %s', async (_what, body) => {
    expect(await world.alice.post('/v2/images', body, { 'content-type': 'application/json' })).toMatchObject({
      status: 400,
    });
  });

  it('in a member or an import is 400, and never 500', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    for (const member of ['', '💾', 'a\0', '\ud800', 'm'.repeat(256), 7]) {
      expect(await alice.post(`/v2/images/${id}/members`, { member })).toMatchObject({ status: 400 });
    }
    const method = { name: 'web-download', uri: 'http://127.0.0.1/\0' };
    expect(await alice.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 400 });
  });

  it('is not a backslash that only looks so', async () => {
    const { alice } = world;
    const image = await alice.createImage({ path: 'C:\\u0000\\ud800', umlaut: 'ä€' });
    expect(await alice.show(image.id)).toMatchObject({ path: 'C:\\u0000\\ud800', umlaut: 'ä€' });
  });
});
