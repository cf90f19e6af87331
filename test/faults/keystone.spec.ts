import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, eventually } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { FaultyKeystone } from '../services/faulty-keystone.js';
import { Line } from '../services/line.js';
import type { VitrineProcess } from '../services/vitrine.js';

let keystone: FaultyKeystone;
let cloud: Cloud;
let vitrine: VitrineProcess;
let url: string;

/** An installation that asks the Keystone at this address who calls. */
const installation = (authUrl: string, settings = {}) =>
  Cloud.create({
    VITRINE_IDENTITY: 'keystone',
    OS_AUTH_URL: authUrl,
    OS_USERNAME: 'glance',
    OS_PASSWORD: keystone.account.password,
    OS_PROJECT_NAME: 'service',
    ...settings,
  });

beforeAll(async () => {
  keystone = await FaultyKeystone.start();
  cloud = await installation(keystone.account.authUrl);
  vitrine = cloud.run('start');
  url = await vitrine.ready();
});
beforeEach(() => keystone.reset());
afterAll(async () => {
  await cloud.remove();
  await keystone.stop();
});

const client = (token: string) => new Client(url, token);
const list = (token: string, headers = {}) => client(token).get('/v2/images', headers);

describe('callers that Keystone vouches for', () => {
  it('see and do what their roles and projects allow', async () => {
    const [alice, rita, bob] = [
      client(await keystone.login('alice')),
      client(await keystone.login('rita')),
      client(await keystone.login('bob')),
    ];
    const image = await alice.createActive(Buffer.from('of alpha'));
    expect(await rita.get(`/v2/images/${image.id}`)).toMatchObject({ status: 200 });
    expect(await rita.get(`/v2/images/${image.id}/file`)).toMatchObject({ status: 403 });
    expect(await bob.get(`/v2/images/${image.id}`)).toMatchObject({ status: 404 });
  });

  it('are told where to get a token when they have none', async () => {
    for (const answer of [await list('made-up'), await new Client(url, undefined).get('/v2/images')]) {
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(`Keystone uri="${keystone.account.authUrl}"`);
    }
  });

  it('find no identity service here', async () => {
    expect(await new Client(url, undefined).get('/identity/v3')).not.toMatchObject({ status: 200 });
  });

  it('may have a token that ran out when a service passes their request on', async () => {
    const [expired, service] = [keystone.tokenEnding('alice', -60), await keystone.login('glance')];
    expect(await list(expired)).toMatchObject({ status: 401 });
    expect(await list(expired, { 'x-service-token': service })).toMatchObject({ status: 200 });
    expect(await list(expired, { 'x-service-token': 'made-up' })).toMatchObject({ status: 401 });
    const good = await keystone.login('alice');
    expect(await list(good, { 'x-service-token': 'made-up' })).toMatchObject({ status: 401 });
  });
});

describe('Keystone gone while running', () => {
  it('is 503 with Retry-After for those it never vouched for, and nothing for the others and the health check', async () => {
    const [known, unknown] = [await keystone.login('alice'), await keystone.login('bob')];
    expect(await list(known)).toMatchObject({ status: 200 });
    keystone.fault = () => 'cut';
    const refused = await list(unknown);
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.headers).not.toHaveProperty('www-authenticate');
    expect(refused.json.message).toMatch(/identity service cannot be reached/);
    expect(await list(known)).toMatchObject({ status: 200 });
    expect(await client(known).createActive(Buffer.from('meanwhile'))).toMatchObject({ status: 'active' });
    expect(await new Client(url, undefined).get('/healthcheck')).toMatchObject({ status: 200 });

    keystone.fault = () => 'pass';
    expect(await list(unknown)).toMatchObject({ status: 200 });
  });

  it('holds nobody longer than its timeout when it does not answer', async () => {
    const impatient = cloud.run('api', { VITRINE_IDENTITY_TIMEOUT_SECONDS: '1' });
    const rita = new Client(await impatient.ready(), await keystone.login('rita'));
    keystone.fault = () => 'hang';
    expect(await rita.get('/v2/images')).toMatchObject({ status: 503 });
    await impatient.said(({ reason }) => String(reason).includes('did not answer within 1 s'));
    expect(impatient.output).not.toContain(rita.token);
    await impatient.stop();
  });

  it('shows no token and no password to anybody', async () => {
    const token = await keystone.login('alice');
    for (const [index, fault] of (['pass', 'cut', { status: 500 }] as const).entries()) {
      keystone.fault = () => fault;
      expect((await list(token)).text).not.toContain(token);
      expect((await list(`${token}${index}`)).text).not.toContain(token);
    }
    await vitrine.said(({ reason }) => String(reason).includes('answered 500'));
    expect(vitrine.output).not.toContain(token);
    expect(vitrine.output).not.toContain(keystone.account.password);
  });
});

describe('at the start', () => {
  let line: Line;
  let late: Cloud;
  beforeEach(async () => {
    line = await Line.open();
    late = await installation(`http://${line.address}/identity/v3`);
  });
  afterEach(async () => {
    await late.remove();
    await line.close();
  });

  it('does not need a Keystone, says that it has none, and serves as soon as there is one', async () => {
    const process = late.run('start');
    const alice = new Client(await process.ready(), await keystone.login('alice'));
    expect(await process.said(({ msg }) => msg === 'Keystone cannot be used (OS_AUTH_URL)')).toMatchObject({
      url: `http://${line.address}/identity/v3`,
      reason: expect.stringContaining('could not be reached'),
    });
    expect(await alice.get('/healthcheck')).toMatchObject({ status: 200 });
    expect(await alice.get('/v2/images')).toMatchObject({ status: 503 });

    line.connectTo(Number(new URL(keystone.account.authUrl).port));
    await eventually(
      () => alice.get('/v2/images'),
      ({ status }) => status === 200,
      'the list',
    );
    await process.said(({ msg }) => msg === 'Keystone answers');
  });

  it('needs to know how to log in, and says which variables are missing', async () => {
    const process = late.run('start', { OS_PASSWORD: undefined });
    expect(await process.ended()).toBe(2);
    expect(process.output).toMatch(/OS_PASSWORD must be set when VITRINE_IDENTITY is keystone/);
  });
});
