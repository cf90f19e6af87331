import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { BuiltinIdentity, type Issued } from './builtin-identity.js';
import { createDirectory, type Directory } from './directory.js';
import { signToken } from './token.js';

let directory: Directory;
let passwords: Record<string, string>;
let identity: BuiltinIdentity;

beforeAll(async () => {
  ({ directory, passwords } = await createDirectory());
  identity = new BuiltinIdentity(directory);
});
afterEach(() => void jest.restoreAllMocks());

const user = (name: string) => directory.users.find((one) => one.name === name);
const project = (name: string) => directory.projects.find((one) => one.name === name)!;
const issue = (name: string): Issued => identity.issue(user(name)!, undefined)!;
const later = (milliseconds: number) => {
  const then = Date.now() + milliseconds;
  jest.spyOn(Date, 'now').mockReturnValue(then);
};
const unauthorized = { name: 'IdentityError', code: 'unauthorized' };

describe('a login', () => {
  it.each([
    ['admin', 'admin', ['admin', 'member', 'reader']],
    ['alice', 'alpha', ['member', 'reader']],
    ['rita', 'alpha', ['reader']],
    ['bob', 'beta', ['member', 'reader']],
    ['glance', 'service', ['service']],
  ])('of %s gives a token for %s with its roles', async (name, of, roles) => {
    const issued = await identity.login(user(name), passwords[name]!);
    expect(await identity.authenticate(issued!.token)).toEqual({
      userId: user(name)!.id,
      userName: name,
      projectId: project(of).id,
      projectName: of,
      roles,
      // Its readers are auditors.
      ...(of === 'admin' && { isAdminProject: true }),
      expiresAt: new Date(issued!.claims.expires * 1000),
    });
  });

  it('for the project that is its own says so', async () => {
    const issued = await identity.login(user('alice'), passwords.alice!, project('alpha'));
    expect(issued?.project).toEqual(project('alpha'));
  });

  it('for the project of somebody else is none', async () => {
    expect(await identity.login(user('alice'), passwords.alice!, project('beta'))).toBeUndefined();
    expect(await identity.login(user('admin'), passwords.admin!, project('alpha'))).toBeUndefined();
  });

  it('with a wrong password is none', async () => {
    for (const wrong of ['', 'secret', passwords.bob!, passwords.alice!.slice(1), `${passwords.alice!} `]) {
      expect(await identity.login(user('alice'), wrong)).toBeUndefined();
    }
  });

  it('of a user that there is not is none', async () => {
    expect(await identity.login(user('mallory'), passwords.alice!)).toBeUndefined();
    expect(await identity.login(undefined, '')).toBeUndefined();
  });
});

describe('a token', () => {
  it.each(['', 'garbage', 'vt.e30.e30'])('that nobody signed is refused: %j', async (token) => {
    await expect(identity.authenticate(token)).rejects.toMatchObject(unauthorized);
    expect(identity.validate(token)).toBeUndefined();
  });

  it('of another installation is refused, though it has the same users', async () => {
    const { signingKey } = (await createDirectory()).directory;
    const { token } = new BuiltinIdentity({ ...directory, signingKey }).issue(user('admin')!, undefined)!;
    await expect(identity.authenticate(token)).rejects.toMatchObject(unauthorized);
  });

  it('for a user or a project that is gone is refused', async () => {
    const { claims } = issue('alice');
    const key = Buffer.from(directory.signingKey, 'base64');
    for (const gone of [{ user: 'gone' }, { project: 'gone' }]) {
      await expect(identity.authenticate(signToken({ ...claims, ...gone }, key))).rejects.toMatchObject(unauthorized);
    }
  });

  it('is good for a day, to the second, whether it was seen before or not', async () => {
    const [seen, unseen] = [issue('alice'), issue('bob')];
    await identity.authenticate(seen.token);
    expect(seen.claims.expires - seen.claims.issued).toBe(24 * 3600);

    later(seen.claims.expires * 1000 - Date.now() - 1);
    expect(await identity.authenticate(seen.token)).toMatchObject({ userName: 'alice' });
    expect(identity.validate(unseen.token)).toBeDefined();

    later(1 + (unseen.claims.expires - seen.claims.expires) * 1000);
    await expect(identity.authenticate(seen.token)).rejects.toMatchObject(unauthorized);
    await expect(identity.authenticate(unseen.token)).rejects.toMatchObject(unauthorized);
    expect(identity.validate(seen.token)).toBeUndefined();
  });

  it('outlives a restart', async () => {
    const { token } = issue('rita');
    expect(await new BuiltinIdentity(directory).authenticate(token)).toMatchObject({ userName: 'rita' });
  });
});

describe('a token made from another', () => {
  it('ends when that one does', () => {
    const aged = identity.issue(user('alice')!, undefined, Math.floor(Date.now() / 1000) + 60)!;
    const { claims } = identity.renew(aged)!;
    expect(claims).toMatchObject({ user: aged.claims.user, expires: aged.claims.expires });
    expect(claims.audit).not.toBe(aged.claims.audit);
  });
});

describe('a token that was revoked', () => {
  it.each(['seen', 'unseen'])('is refused from then on, %s before', async (before) => {
    const { token } = issue('alice');
    if (before === 'seen') await identity.authenticate(token);
    identity.revoke(token);
    await expect(identity.authenticate(token)).rejects.toMatchObject(unauthorized);
    expect(identity.validate(token)).toBeUndefined();
  });

  it('takes no other one with it, not even of the same user and second', async () => {
    const [one, two] = [issue('alice'), issue('alice')];
    await identity.authenticate(two.token);
    identity.revoke(one.token);
    expect(await identity.authenticate(two.token)).toMatchObject({ userName: 'alice' });
  });

  it('does not live on in another spelling that was used before', async () => {
    const { token } = issue('alice');
    // The last of 43 characters carries four bits of the signature, and two that mean nothing.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spellings = Array.from(letters, (letter) => token.slice(0, -1) + letter).concat(`${token}=`, `${token}!`);
    const taken = await Promise.allSettled(spellings.map((spelling) => identity.authenticate(spelling)));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    identity.revoke(token);
    for (const spelling of spellings) await expect(identity.authenticate(spelling)).rejects.toMatchObject(unauthorized);
  });

  it('may be revoked twice, and garbage too', () => {
    const { token } = issue('alice');
    identity.revoke(token);
    identity.revoke(token);
    identity.revoke('garbage');
    expect(identity.validate(token)).toBeUndefined();
  });
});

describe('a token that has expired', () => {
  const expired = (hours: number) => {
    const { claims } = issue('alice');
    const key = Buffer.from(directory.signingKey, 'base64');
    return signToken({ ...claims, expires: claims.issued - hours * 3600 }, key);
  };

  it('is good for two more days for services that ask for it, and for nobody else', () => {
    const token = expired(47);
    expect(identity.validate(token)).toBeUndefined();
    expect(identity.validate(token, { allowExpired: true })).toMatchObject({ user: { name: 'alice' } });
    expect(identity.validate(expired(49), { allowExpired: true })).toBeUndefined();
  });

  it('is not when it was revoked', () => {
    const token = expired(1);
    identity.revoke(token);
    expect(identity.validate(token, { allowExpired: true })).toBeUndefined();
  });

  it('is accepted beside the token of a service, again and again, and never without', async () => {
    const [token, service] = [expired(1), issue('glance').token];
    const caller = { userName: 'alice', roles: ['member', 'reader'], serviceRoles: ['service'] };
    expect(await identity.authenticate(token, service)).toMatchObject(caller);
    expect(await identity.authenticate(token, service)).toMatchObject(caller);
    await expect(identity.authenticate(token)).rejects.toMatchObject(unauthorized);
  });

  it('is not accepted beside the token of one who is no service', async () => {
    await expect(identity.authenticate(expired(1), issue('admin').token)).rejects.toMatchObject(unauthorized);
  });
});

describe('a service token', () => {
  it('that is no good is refused, though the token beside it is good', async () => {
    await expect(identity.authenticate(issue('alice').token, 'made-up')).rejects.toMatchObject(unauthorized);
  });

  it('gives its roles to know, and nothing to the caller', async () => {
    const caller = await identity.authenticate(issue('alice').token, issue('admin').token);
    expect(caller).toMatchObject({ roles: ['member', 'reader'], serviceRoles: ['admin', 'member', 'reader'] });
  });
});
