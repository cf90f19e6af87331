import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { Client, eventually } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { serveKeystone, type KeystoneServer } from '../services/keystone.js';
import { Line } from '../services/line.js';
import { KeystoneAdmin, logIn, tokenFor } from './keystone-admin.js';
import { clientOf, OpenStackCloud, serviceAccount } from './openstack-cloud.js';
import { keystoneOfRun } from './run.js';

const keystone = keystoneOfRun();
const { people } = keystone;
let openstack: OpenStackCloud;
beforeAll(async () => {
  openstack = await OpenStackCloud.start('keystone');
});
afterAll(() => openstack.stop());

const list = (token: string, headers = {}) => new Client(openstack.url, token).get('/v2/images', headers);

describe('users of a real Keystone', () => {
  it('see and do what their roles and projects allow, and are named in the history', async () => {
    const [alice, rita, bob, admin] = (['alice', 'rita', 'bob', 'admin'] as const).map((user) => openstack.as(user));
    const { id } = await alice!.createActive(Buffer.from('of alpha'), { visibility: 'private' });
    expect(await rita!.get(`/v2/images/${id}`)).toMatchObject({ status: 200 });
    expect(await rita!.get(`/v2/images/${id}/file`)).toMatchObject({ status: 403 });
    expect(await rita!.post('/v2/images', {})).toMatchObject({ status: 403 });
    expect(await bob!.get(`/v2/images/${id}`)).toMatchObject({ status: 404 });
    expect(await admin!.get(`/v2/images/${id}/file`)).toMatchObject({ status: 200, text: 'of alpha' });
    expect(await openstack.as('glance').get(`/v2/images/${id}`)).toMatchObject({ status: 200 });
    const [created] = await alice!.history(id);
    const { userId, projectId } = people.alice;
    expect(created!.actor).toMatchObject({ user_id: userId, project_id: projectId });
  });

  it.each([
    ['no scope', 'alice', 'unscoped'],
    ['the system', 'admin', { system: { all: true } }],
  ] as const)('with a token of %s are told that it is for no project', async (_, user, scope) => {
    const answer = await list(await logIn(keystone.url, people[user], scope));
    expect(answer).toMatchObject({ status: 403 });
    expect(answer.json.message).toMatch(/for no project/);
  });

  it('are told where Keystone is when it does not know their token', async () => {
    const answer = await list('made-up');
    expect(answer).toMatchObject({ status: 401 });
    expect(answer.headers['www-authenticate']).toBe(`Keystone uri="${keystone.url}"`);
  });

  it('are kept out with an application credential whose access rules we could not enforce', async () => {
    const credentials = `${keystone.url}/users/${people.alice.userId}/application_credentials`;
    const create = async (name: string, rules: object) => {
      const answer = await request(credentials, {
        method: 'POST',
        headers: { 'x-auth-token': openstack.as('alice').token!, 'content-type': 'application/json' },
        body: JSON.stringify({ application_credential: { name, secret: 'a-secret', ...rules } }),
      });
      const body = (await answer.body.json()) as { application_credential: { id: string } };
      const { id } = body.application_credential;
      const identity = { methods: ['application_credential'], application_credential: { id, secret: 'a-secret' } };
      return tokenFor(keystone.url, { identity });
    };
    const rule = { service: 'compute', method: 'GET', path: '/v2.1/servers' };
    expect(await list(await create('free', {}))).toMatchObject({ status: 200 });
    expect(await list(await create('ruled', { access_rules: [rule] }))).toMatchObject({ status: 401 });
  });
});

describe('where tokens live for seconds', () => {
  const tokenSeconds = 8;
  let shortLived: KeystoneServer;
  let cloud: Cloud;
  let url: string;
  beforeAll(async () => {
    shortLived = await serveKeystone(keystone.data, { tokenSeconds });
    cloud = await Cloud.create({
      ...serviceAccount(keystone, shortLived.url),
      ...{ VITRINE_TOKEN_CACHE_SECONDS: '1' },
    });
    url = await cloud.run('start').ready();
  });
  afterAll(async () => {
    await cloud.remove();
    await shortLived.stop();
  });
  const statusOf = async (token: string, headers = {}) =>
    (await new Client(url, token).get('/v2/images', headers)).status;
  const untilStatus = (token: string, status: number) =>
    eventually(
      () => statusOf(token),
      (answer) => answer === status,
      'the answer',
    );

  it('a user token that ran out is refused, and good again when a service passes the request on', async () => {
    const token = await logIn(shortLived.url, people.alice);
    expect(await statusOf(token)).toBe(200);
    await untilStatus(token, 401);
    const [service, member] = [await logIn(keystone.url, people.glance), await logIn(keystone.url, people.bob)];
    expect(await statusOf(token, { 'x-service-token': service })).toBe(200);
    expect(await statusOf(token, { 'x-service-token': member })).toBe(401);
    expect(await statusOf(token)).toBe(401);
  });

  it('our own token is renewed for as long as we run', async () => {
    const token = await logIn(keystone.url, people.bob);
    const from = Date.now();
    const answers = new Set<number>();
    await eventually(
      async () => answers.add(await statusOf(token)),
      () => Date.now() - from > 2 * tokenSeconds * 1000,
      'the time',
    );
    expect([...answers]).toEqual([200]);
  });

  it('a token that is revoked at Keystone is refused when the age of the cache is reached', async () => {
    const token = await logIn(keystone.url, people.rita);
    expect(await statusOf(token)).toBe(200);
    await (await KeystoneAdmin.connect(shortLived.url, people.admin.password)).revoke(token);
    await untilStatus(token, 401);
  });
});

describe('a Keystone that stops', () => {
  it('leaves those at work whom it vouched for, makes the others wait, and is used again when it is back', async () => {
    const line = await Line.open();
    let own = await serveKeystone(keystone.data);
    const lead = () => line.connectTo(Number(new URL(own.url).port));
    lead();
    const cloud = await Cloud.create(serviceAccount(keystone, `http://${line.address}/v3`));
    const url = await cloud.run('start').ready();
    const [known, unknown] = [
      await clientOf(people.alice, url, keystone.url),
      await clientOf(people.bob, url, keystone.url),
    ];
    expect(await known.get('/v2/images')).toMatchObject({ status: 200 });

    await own.stop();
    line.cut();
    expect(await known.createActive(Buffer.from('meanwhile'))).toMatchObject({ status: 'active' });
    const refused = await unknown.get('/v2/images');
    expect(refused).toMatchObject({ status: 503, headers: expect.objectContaining({ 'retry-after': '5' }) });
    expect(await new Client(url, undefined).get('/healthcheck')).toMatchObject({ status: 200 });

    own = await serveKeystone(keystone.data);
    lead();
    expect(await unknown.get('/v2/images')).toMatchObject({ status: 200 });
    await cloud.remove();
    await own.stop();
    await line.close();
  });
});
