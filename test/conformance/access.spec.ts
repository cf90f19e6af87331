import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as open, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, eventually } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { clientsOf, settle } from '../services/people.js';
import type { Settings } from '../services/vitrine.js';

const people = {
  admin: ['admin', 'admin', 'member', 'reader'],
  ada: ['admin', 'reader'],
  alice: ['alpha', 'member', 'reader'],
  rita: ['alpha', 'reader'],
  bob: ['beta', 'member', 'reader'],
  glance: ['service', 'service'],
} as const;
type Person = keyof typeof people;

const download = 'GET /v2/images/:id/file';
const large = 48 << 20;
let cloud: Cloud;
let as: Record<Person, Client>;
let image: string;

beforeAll(async () => {
  cloud = await Cloud.create({ VITRINE_ACCESS_LOG_FLUSH_MS: '50', VITRINE_PROJECT_QUOTA_IMAGES: '6' });
  settle(cloud, people);
  as = await clientsOf(cloud, people, await cloud.run('start').ready());
  image = (await as.alice.createActive(Buffer.from('0123456789'))).id;
  await as.alice.patch(image, [{ op: 'replace', path: '/visibility', value: 'community' }]);
});
afterAll(() => cloud.remove());

interface Access {
  readonly [name: string]: unknown;
  readonly result: string;
  readonly bytes: number;
  readonly count: number;
}
interface Told {
  readonly accesses: readonly Access[];
  readonly next?: string;
}

async function asked(who: Person, query: string): Promise<Told> {
  const answer = await as[who].get(`/vitrine/v1/access?${query}`);
  if (answer.status !== 200) throw new Error(`${query} was answered ${answer.status}: ${answer.text}`);
  return answer.json as unknown as Told;
}

/** What is told of one request, once it is. */
async function toldOf(requestId: string, who: Person = 'ada'): Promise<readonly Access[]> {
  const ask = async () => (await asked(who, `request_id=${requestId}`)).accesses;
  return eventually(ask, (found) => found.some(({ result }) => result !== 'begun'), `the access of ${requestId}`);
}

/** A request under an id of its own, and the one entry that it leaves. */
async function leaves(who: Person | 'nobody', method: string, path: string, body?: object | Buffer, headers = {}) {
  const id = `req-${randomUUID()}`;
  const client = who === 'nobody' ? new Client(as.ada.url, undefined) : as[who];
  const { status } = await client.send(method, path, body, { 'x-openstack-request-id': id, ...headers });
  const entries = (await toldOf(id)).filter(({ result }) => result !== 'begun');
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ status });
  return entries[0]!;
}

describe('a download', () => {
  it('is told with who, which, how much, from where, how it ended and how long it took', async () => {
    expect(await leaves('bob', 'GET', `/v2/images/${image}/file`)).toEqual({
      ...{ kind: 'download', operation: download, status: 200, result: 'complete', bytes: 10, count: 1, range: null },
      ...{ image_id: image, image_owner: 'alpha', actor: { user_id: 'bob', project_id: 'beta' }, address: '127.0.0.1' },
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      request_id: expect.stringMatching(/^req-/),
      duration_ms: expect.any(Number),
    });
  });

  it('of a range is told with the range and its bytes', async () => {
    const range = { range: 'bytes=2-4' };
    expect(await leaves('alice', 'GET', `/v2/images/${image.toUpperCase()}/file`, undefined, range)).toMatchObject({
      ...{ status: 206, bytes: 3, range: { first: 2, last: 4 }, image_id: image, result: 'complete' },
    });
  });

  it('that is cut by its client is told as that, with the bytes that went out', async () => {
    const { id } = await as.alice.createActive(Buffer.alloc(large, 7));
    const requestId = `req-${randomUUID()}`;
    const headers = { 'x-auth-token': as.alice.token, 'x-openstack-request-id': requestId };
    const request = open(`${as.alice.url}/v2/images/${id}/file`, { headers });
    request.end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await once(answer, 'readable');
    request.destroy();
    const address = '127.0.0.1';
    const [{ bytes, ...cut }] = (await toldOf(requestId)).filter(({ result }) => result !== 'begun') as [Access];
    expect(cut).toMatchObject({ kind: 'download', status: 200, result: 'aborted', image_id: id, range: null, address });
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(large);
    await as.alice.delete(`/v2/images/${id}`);
  });

  it('that lasts is told twice: when it has begun, and at its end', async () => {
    const { id } = await as.alice.createActive(Buffer.alloc(large, 7));
    const requestId = `req-${randomUUID()}`;
    const headers = { 'x-auth-token': as.alice.token, 'x-openstack-request-id': requestId };
    const request = open(`${as.alice.url}/v2/images/${id}/file`, { headers });
    request.end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    const ask = async () => (await asked('ada', `request_id=${requestId}`)).accesses;
    await eventually(ask, (found) => found.length > 0, 'the beginning');
    answer.resume();
    await once(answer, 'end');
    const both = await toldOf(requestId);
    expect(both.map(({ result }) => result)).toEqual(['complete', 'begun']);
    expect(both[0]!.bytes).toBe(large);
    await as.alice.delete(`/v2/images/${id}`);
  });

  it('that came to nothing is told, too', async () => {
    const { id } = await as.alice.createImage();
    expect(await leaves('alice', 'GET', `/v2/images/${id}/file`)).toMatchObject({
      ...{ kind: 'download', status: 204, result: 'complete', bytes: 0, image_id: id },
    });
    const beyond = { range: 'bytes=50-60' };
    expect(await leaves('alice', 'GET', `/v2/images/${image}/file`, undefined, beyond)).toMatchObject({
      ...{ kind: 'download', status: 416, result: 'failed', bytes: 0 },
    });
    await as.alice.delete(`/v2/images/${id}`);
  });
});

describe('a refusal', () => {
  const fresh = randomUUID();
  const patch = { 'content-type': 'application/openstack-images-v2.1-json-patch', 'if-match': '"77"' };
  const shapes: Readonly<
    Record<string, [number, () => Parameters<typeof leaves>, operation: string, of?: () => string]>
  > = {
    'without a token': [401, () => ['nobody', 'GET', `/v2/images/${image}`], 'GET /v2/images/:id'],
    'for a wrong password': [
      401,
      () => ['nobody', 'POST', '/identity/v3/auth/tokens', wrongPassword],
      'POST /identity/v3/auth/tokens',
    ],
    'of what he may not do': [
      403,
      () => ['bob', 'DELETE', `/v2/images/${image}`],
      'DELETE /v2/images/:id',
      () => image,
    ],
    'of a download': [403, () => ['rita', 'GET', `/v2/images/${image}/file`], download, () => image],
    'of an image that is not there': [
      404,
      () => ['bob', 'GET', `/v2/images/${fresh}`],
      'GET /v2/images/:id',
      () => fresh,
    ],
    'of a route that is not there': [404, () => ['bob', 'GET', '/v2/nothing'], 'GET unknown'],
    'of a method': [405, () => ['bob', 'PUT', '/v2/images', {}], 'PUT unknown'],
    'of an upload of what has data': [
      409,
      () => ['alice', 'PUT', `/v2/images/${image}/file`, Buffer.from('x')],
      'PUT /v2/images/:id/file',
      () => image,
    ],
    'of a version that is past': [
      412,
      () => ['alice', 'PATCH', `/v2/images/${image}`, [{ op: 'replace', path: '/name', value: 'x' }], patch],
      'PATCH /v2/images/:id',
      () => image,
    ],
    'of a body that is too large': [
      413,
      () => ['alice', 'POST', '/v2/images', { name: 'x'.repeat(2 << 20) }],
      'POST /v2/images',
    ],
  };
  const wrongPassword = {
    auth: {
      identity: { methods: ['password'], password: { user: { id: 'alice', password: 'wrong' } } },
    },
  };

  it.each(Object.entries(shapes))('%s is told with its operation', async (_, [status, request, operation, of]) => {
    const [who] = request();
    const project = who === 'nobody' ? null : people[who][0];
    expect(await leaves(...request())).toMatchObject({
      ...{ kind: 'refusal', result: 'refused', operation, status, count: 1, bytes: 0 },
      ...{ image_id: of?.() ?? null, image_owner: null, address: '127.0.0.1' },
      actor: { user_id: who === 'nobody' ? null : who, project_id: project },
    });
  });

  it('is one entry with a count, however often it is repeated meanwhile', async () => {
    const nobody = new Client(as.ada.url, 'forged');
    const before = new Date().toISOString();
    const path = '/v2/metadefs/namespaces';
    for (let n = 0; n < 20; n++) {
      await Promise.all(Array.from({ length: 25 }, () => nobody.get(`${path}?marker=${randomUUID()}`)));
    }
    const ask = async () => (await asked('ada', `operation=GET ${path}&status=401&from=${before}`)).accesses;
    const counted = (found: readonly Access[]) => found.reduce((sum, { count }) => sum + count, 0);
    const found = await eventually(ask, (some) => counted(some) === 500, 'the count of refusals');
    expect(found.length).toBeLessThan(100);
  });

  it('is no show, no list and no change that was granted', async () => {
    const before = new Date().toISOString();
    await as.bob.get('/v2/images');
    await as.bob.get(`/v2/images/${image}`);
    await as.alice.patch(image, [{ op: 'replace', path: '/name', value: 'granted' }]);
    await leaves('bob', 'GET', '/v2/nothing');
    const { accesses } = await asked('ada', `from=${before}&order=asc`);
    expect(accesses.map(({ operation, status }) => `${String(operation)} ${String(status)}`)).toEqual([
      'GET unknown 404',
    ]);
  });
});

describe('a search of the access log', () => {
  it('shows an owner who downloaded his image by project, and of his own people everything', async () => {
    await leaves('bob', 'GET', `/v2/images/${image}/file`);
    await leaves('alice', 'GET', `/v2/images/${image}/file`);
    for (const who of ['alice', 'rita'] as const) {
      const { accesses } = await asked(who, `image=${image}&kind=download&limit=2`);
      expect(accesses).toEqual([
        expect.objectContaining({ actor: { user_id: 'alice', project_id: 'alpha' }, address: '127.0.0.1' }),
        expect.objectContaining({ actor: { user_id: null, project_id: 'beta' }, address: null, request_id: null }),
      ]);
    }
  });

  it('shows a project its own refusals and not those of others, an auditor and an admin everything, a service nothing', async () => {
    const secret = await as.alice.createImage({ visibility: 'private' });
    await leaves('bob', 'GET', `/v2/images/${secret.id}`);
    expect((await asked('bob', `image=${secret.id}`)).accesses).toEqual([
      expect.objectContaining({ status: 404, actor: { user_id: 'bob', project_id: 'beta' } }),
    ]);
    expect((await asked('alice', `image=${secret.id}`)).accesses).toEqual([]);
    const audited = await asked('ada', `image=${secret.id}`);
    expect(audited.accesses).toHaveLength(1);
    expect(await asked('admin', `image=${secret.id}`)).toEqual(audited);
    expect(await as.glance.get('/vitrine/v1/access')).toMatchObject({ status: 403 });
    expect(await new Client(as.ada.url, undefined).get('/vitrine/v1/access')).toMatchObject({ status: 401 });
    await as.alice.delete(`/v2/images/${secret.id}`);
  });

  it.each(['asc', 'desc'])('is read page by page, %s, each entry once', async (order) => {
    // What was before is written when this is.
    const { time } = await leaves('bob', 'GET', '/v2/nothing');
    const until = `to=${String(time)}`;
    const { accesses } = await asked('ada', `order=${order}&${until}&limit=1000`);
    const paged: Access[] = [];
    for (let next: string | undefined = `/vitrine/v1/access?order=${order}&${until}&limit=3`; next;) {
      const page: Told = (await as.ada.get(next)).json as unknown as Told;
      expect(page.accesses.length).toBeLessThanOrEqual(3);
      paged.push(...page.accesses);
      next = page.next;
    }
    expect(paged).toEqual(accesses);
    expect(accesses.length).toBeGreaterThan(10);
  });

  it.each([
    ...['image=x', 'order=up', 'limit=0', 'cursor=x', 'cursor=1.-', 'from=yesterday', 'status=4xx', 'kind=show'],
    ...['users=bob', 'actor=a&actor=b', 'actor=no%00body'],
  ])('refuses %s with a problem', async (query) => {
    const answer = await as.alice.get(`/vitrine/v1/access?${query}`);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

it('holds no addresses where they are not wanted, and nothing where it is switched off', async () => {
  const heldBy = async (settings: Settings) => {
    const api = cloud.run('api', settings);
    const bob = await cloud.as('bob', await api.ready());
    const requestId = `req-${randomUUID()}`;
    const sent = { 'x-openstack-request-id': requestId };
    expect(await bob.get(`/v2/images/${image}/file`, sent)).toMatchObject({ status: 200 });
    expect(await bob.get('/v2/nothing', sent)).toMatchObject({ status: 404 });
    // What waits is written before the process ends.
    expect(await api.stop()).toBe(0);
    expect(api.output.includes('127.0.0.1"')).toBe(settings.VITRINE_ACCESS_LOG_ADDRESSES !== 'no');
    return (await asked('ada', `request_id=${requestId}`)).accesses.map(({ address }) => address);
  };
  expect(await heldBy({})).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(await heldBy({ VITRINE_ACCESS_LOG_ADDRESSES: 'no' })).toEqual([null, null]);
  expect(await heldBy({ VITRINE_ACCESS_LOG: 'no' })).toEqual([]);
});
