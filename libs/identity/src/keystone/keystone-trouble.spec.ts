import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/services/client.js';
import { FaultyKeystone } from '../../../../test/services/faulty-keystone.js';
import type { Fault } from '../../../../test/services/faulty-proxy.js';
import { freePort } from '../../../../test/services/free-port.js';
import { startWebServer } from '../../../../test/services/web-server.js';
import { KeystoneIdentity } from './keystone-identity.js';

let keystone: FaultyKeystone;
let token: string;
beforeAll(async () => {
  keystone = await FaultyKeystone.start();
  token = await keystone.login('alice');
});
beforeEach(() => keystone.reset());
afterAll(() => keystone.stop());

/** An identity and everything that it told of its troubles. */
function connect(options: object = {}) {
  const told: (string | undefined)[] = [];
  const onChange = (trouble: string | undefined) => void told.push(trouble);
  return { told, identity: new KeystoneIdentity({ ...keystone.account, onChange, ...options }) };
}
const unavailable = { name: 'IdentityError', code: 'unavailable' };

describe('a Keystone that cannot be used', () => {
  it.each<[string, Fault, RegExp]>([
    ['answers 500', { status: 500 }, /answered 500$/],
    ['answers 503', { status: 503 }, /answered 503$/],
    ['answers 429', { status: 429 }, /answered 429$/],
    ['never answers', 'hang', /did not answer within 1 s$/],
    ['stops in the middle of an answer', { cutAnswerAt: 20 }, /could not be reached: \w+$/],
    ['cuts the line again and again', 'cut', /could not be reached: \w+$/],
  ])('because it %s says so, keeps nobody out for long, and spares those who are known', async (_, fault, reason) => {
    // A second is little for an honest answer on a busy machine: only where none comes is it all that is waited.
    const { identity, told } = connect(fault === 'hang' ? { timeoutSeconds: 1 } : {});
    const sooner = (one: string) => identity.authenticate(one).catch((error: unknown) => ({ userName: String(error) }));
    const until = (one: string, userName: string) =>
      eventually(
        () => sooner(one),
        (caller) => caller.userName === userName,
        'the caller',
      );
    await until(token, 'alice');
    keystone.fault = () => fault;
    const another = await keystone.login('bob');
    await expect(identity.authenticate(another)).rejects.toMatchObject(unavailable);
    await expect(identity.authenticate('made-up')).rejects.toMatchObject(unavailable);
    expect(await identity.authenticate(token)).toMatchObject({ userName: 'alice' });
    expect(told.slice(-2)).toEqual([undefined, expect.stringMatching(reason)]);

    const before = told.length;
    keystone.fault = () => 'pass';
    await until(another, 'bob');
    expect(told).toHaveLength(before + 1);
    expect(told.at(-1)).toBeUndefined();
  });

  it('because nobody listens there is named with its address', async () => {
    const port = await freePort();
    const { identity, told } = connect({ authUrl: `http://127.0.0.1:${port}` });
    await identity.prepare();
    await expect(identity.authenticate(token)).rejects.toMatchObject(unavailable);
    expect(told).toEqual([`http://127.0.0.1:${port}/v3/auth/tokens could not be reached: ECONNREFUSED`]);
  });

  it('because something else listens there is told as well', async () => {
    const site = await startWebServer((_, answer) => answer.writeHead(201, { 'x-subject-token': 'x' }).end('<html>'));
    const { identity, told } = connect({ authUrl: `${site.url}/v3/` });
    await expect(identity.authenticate(token)).rejects.toMatchObject(unavailable);
    expect(told).toEqual([`${site.url}/v3/auth/tokens answered 201 with something else than a token`]);
    await site.stop();
  });

  it.each([
    ['password', { password: 'wrong-secret' }],
    ['user', { username: 'nobody' }],
    ['project', { projectName: 'alpha' }],
  ])('because the %s of the account is wrong names what to set', async (_, wrong) => {
    const { identity, told } = connect(wrong);
    await expect(identity.authenticate(token)).rejects.toMatchObject(unavailable);
    expect(told).toEqual([expect.stringMatching(/OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME/)]);
  });

  it('because the account may not check tokens says which role it needs', async () => {
    const { identity, told } = connect();
    keystone.fault = ({ method }) => (method === 'GET' ? { status: 403 } : 'pass');
    await expect(identity.authenticate(token)).rejects.toMatchObject(unavailable);
    expect(told.at(-1)).toMatch(/give it the role service/);
  });

  it('never has a token or a password in its error', async () => {
    const { password } = keystone.account;
    const { identity } = connect({ timeoutSeconds: 1 });
    await identity.prepare();
    for (const fault of [{ status: 500 }, 'hang', 'cut', { cutAnswerAt: 20 }] as Fault[]) {
      keystone.fault = () => fault;
      const error: unknown = await identity.authenticate(token).catch((caught: unknown) => caught);
      const text = inspect(error, { depth: 10, showHidden: true });
      expect(text).toContain('IdentityError');
      expect(text).not.toContain(token);
      expect(text).not.toContain(password);
    }
    const wrong = connect({ password: 'wrong-secret' });
    expect(inspect(await wrong.identity.authenticate(token).catch(String), { depth: 10 })).not.toContain(
      'wrong-secret',
    );
  });
});

describe('a line that is cut once', () => {
  it.each(['POST', 'GET'])('at a %s costs nothing: Keystone is asked again', async (which) => {
    let cut = false;
    keystone.fault = ({ method }) => {
      if (method !== which || cut) return 'pass';
      cut = true;
      return 'cut';
    };
    const { identity, told } = connect();
    expect(await identity.authenticate(token)).toMatchObject({ userName: 'alice' });
    expect(told).toEqual([undefined]);
    expect(keystone.logins + keystone.questions).toBe(3);
  });
});
