import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/services/client.js';
import { FaultyKeystone } from '../../../../test/services/faulty-keystone.js';
import { KeystoneIdentity } from './keystone-identity.js';

let keystone: FaultyKeystone;
beforeAll(async () => {
  keystone = await FaultyKeystone.start();
});
beforeEach(() => keystone.reset());
afterEach(() => void jest.restoreAllMocks());
afterAll(() => keystone.stop());

const connect = (options: object = {}) => new KeystoneIdentity({ ...keystone.account, ...options });
const later = (seconds: number) => {
  const then = Date.now() + seconds * 1000;
  jest.spyOn(Date, 'now').mockReturnValue(then);
};
const unauthorized = { name: 'IdentityError', code: 'unauthorized' };

describe('a token', () => {
  it.each([
    ['admin', 'admin', ['admin', 'member', 'reader']],
    ['alice', 'alpha', ['member', 'reader']],
    ['rita', 'alpha', ['reader']],
    ['glance', 'service', ['service']],
  ] as const)('of %s is one for %s with its roles', async (userName, projectName, roles) => {
    const caller = await connect().authenticate(await keystone.login(userName));
    expect(caller).toMatchObject({ userName, projectName, roles });
    expect(caller.userId).toMatch(/^[0-9a-f]{32}$/);
    expect(caller.projectId).toMatch(/^[0-9a-f]{32}$/);
    expect(caller.expiresAt.getTime()).toBeGreaterThan(Date.now());
    expect(caller).not.toHaveProperty('serviceRoles');
  });

  it('is for the admin project when that has the id that was configured, whatever its name', async () => {
    const token = await keystone.login('admin');
    const { projectId } = await connect().authenticate(token);
    const isAdminProject = async (adminProjectId?: string) =>
      (await connect({ adminProjectId }).authenticate(token)).isAdminProject;
    expect(await isAdminProject(projectId)).toBe(true);
    expect(await isAdminProject('admin')).toBeUndefined();
    expect(await isAdminProject()).toBeUndefined();
  });

  it('that Keystone does not know is refused, and asked about once in some seconds', async () => {
    const identity = connect();
    for (let tries = 0; tries < 3; tries++) {
      await expect(identity.authenticate('made-up')).rejects.toMatchObject(unauthorized);
    }
    expect(keystone.questions).toBe(1);
  });

  it.each([
    ['with a space', 'two words'],
    ['beyond ASCII', 'täuschend'],
    ['too long for any', 'x'.repeat(5000)],
    ['with nothing in it', ''],
  ])('%s is refused without a question', async (_, token) => {
    await expect(connect().authenticate(token)).rejects.toMatchObject(unauthorized);
    expect(keystone.questions).toBe(0);
  });

  it('is one question for 50 callers at once', async () => {
    const identity = connect();
    const token = await keystone.login('alice');
    const callers = await Promise.all(Array.from({ length: 50 }, () => identity.authenticate(token)));
    expect(new Set(callers.map(({ userName }) => userName))).toEqual(new Set(['alice']));
    expect([keystone.logins, keystone.questions]).toEqual([1, 1]);
  });

  it('that was revoked is good until the age of the cache is reached, and refused from then on', async () => {
    const identity = connect({ tokenCacheSeconds: 60 });
    const token = await keystone.login('alice');
    await identity.authenticate(token);
    await keystone.revoke(token);
    expect(await identity.authenticate(token)).toMatchObject({ userName: 'alice' });
    later(61);
    await expect(identity.authenticate(token)).rejects.toMatchObject(unauthorized);
  });

  it('that ends is refused, however long the cache would keep it', async () => {
    const identity = connect({ tokenCacheSeconds: 86_400 });
    const token = keystone.tokenEnding('alice', 2);
    const { expiresAt } = await identity.authenticate(token);
    const refused = () => identity.authenticate(token).then(() => '', String);
    await eventually(refused, (answer) => answer.includes('expired'), 'the token');
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
  });

  it('of the least used is forgotten when there are too many', async () => {
    const identity = connect({ tokenCacheSize: 2 });
    const tokens = [await keystone.login('alice'), await keystone.login('bob'), await keystone.login('rita')];
    for (const token of tokens) await identity.authenticate(token);
    expect(keystone.questions).toBe(3);
    await identity.authenticate(tokens[2]!);
    expect(keystone.questions).toBe(3);
    await identity.authenticate(tokens[0]!);
    expect(keystone.questions).toBe(4);
  });
});

describe('the own token', () => {
  it('is asked for once, however many callers come first', async () => {
    const identity = connect();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => keystone.login('alice')));
    await Promise.all(tokens.map((token) => identity.authenticate(token)));
    expect([keystone.logins, keystone.questions]).toEqual([1, 10]);
  });

  it('is renewed before it ends', async () => {
    const identity = connect();
    await identity.authenticate(await keystone.login('alice'));
    later(24 * 3600 - 90);
    await identity.authenticate(await keystone.login('bob'));
    expect(keystone.logins).toBe(1);
    later(60);
    await identity.authenticate(await keystone.login('rita'));
    expect(keystone.logins).toBe(2);
  });

  it('is renewed once when Keystone does not take it any more, and nobody notices', async () => {
    const identity = connect();
    await identity.prepare();
    const tokens = await Promise.all(Array.from({ length: 5 }, () => keystone.login('alice')));
    const first = new Set<unknown>();
    keystone.fault = ({ method, headers }) => {
      if (method !== 'GET' || first.has(headers['x-subject-token'])) return 'pass';
      first.add(headers['x-subject-token']);
      return { status: 401 };
    };
    const callers = await Promise.all(tokens.map((token) => identity.authenticate(token)));
    expect(callers).toHaveLength(5);
    expect([keystone.logins, keystone.questions]).toEqual([2, 10]);
  });

  it('that is refused as soon as it was given makes Keystone unusable, not the caller a stranger', async () => {
    const identity = connect();
    keystone.fault = ({ method }) => (method === 'GET' ? { status: 401 } : 'pass');
    await expect(identity.authenticate(await keystone.login('alice'))).rejects.toMatchObject({ code: 'unavailable' });
    expect([keystone.logins, keystone.questions]).toEqual([2, 2]);
  });
});

describe('a service token', () => {
  it('with the role service lends its roles and makes an expired token good', async () => {
    const identity = connect();
    const [expired, service] = [keystone.tokenEnding('alice', -60), await keystone.login('glance')];
    expect(await identity.authenticate(expired, service)).toMatchObject({
      ...{ userName: 'alice', roles: ['member', 'reader'], serviceRoles: ['service'] },
    });
    await identity.authenticate(expired, service);
    expect(keystone.questions).toBe(2);
    await expect(identity.authenticate(expired)).rejects.toMatchObject(unauthorized);
  });

  it('makes no token good that has been expired for longer than Keystone allows', async () => {
    const expired = keystone.tokenEnding('alice', -49 * 3600);
    await expect(connect().authenticate(expired, await keystone.login('glance'))).rejects.toMatchObject(unauthorized);
  });

  it('without the role service makes no expired token good', async () => {
    const expired = keystone.tokenEnding('alice', -60);
    await expect(connect().authenticate(expired, await keystone.login('bob'))).rejects.toMatchObject(unauthorized);
  });

  it('without the role service is taken beside a token that is good', async () => {
    const caller = await connect().authenticate(await keystone.login('alice'), await keystone.login('rita'));
    expect(caller).toMatchObject({ userName: 'alice', serviceRoles: ['reader'] });
  });

  it.each([
    ['made up', () => 'made-up'],
    ['expired', () => keystone.tokenEnding('glance', -60)],
    ['empty', () => ''],
  ])('that is %s is refused, though the token beside it is good', async (_, service) => {
    const token = await keystone.login('alice');
    const identity = connect();
    await expect(identity.authenticate(token, service())).rejects.toMatchObject(unauthorized);
    expect(await identity.authenticate(token)).toMatchObject({ userName: 'alice' });
  });
});
