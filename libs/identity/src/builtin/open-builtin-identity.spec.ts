import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BuiltinIdentity } from './builtin-identity.js';
import { openBuiltinIdentity } from './open-builtin-identity.js';

const names = ['admin', 'alice', 'rita', 'bob', 'glance'];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-identity-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = (name: string) => join(directory, 'data', name);
const file = (name: string) => readFileSync(path(name), 'utf8');
const mode = (name: string) => (statSync(path(name)).mode & 0o777).toString(8);
const start = () => openBuiltinIdentity(join(directory, 'data'));

/** The lines of one cloud, as key → value. */
function cloud(name: string): Record<string, string> {
  const [, lines] = new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n)+)`, 'm').exec(file('clouds.yaml'))!;
  return Object.fromEntries([...lines!.matchAll(/^ +(\w+): ?(.*)$/gm)].map(([, key, value]) => [key!, value!]));
}
const passwords = () => names.map((name) => cloud(name).password!);

async function expectLogins(identity: BuiltinIdentity): Promise<void> {
  for (const name of names) {
    const user = identity.directory.users.find((one) => one.name === name);
    expect(await identity.login(user, cloud(name).password!)).toMatchObject({ user: { name } });
  }
}

describe('the first start', () => {
  it('makes the users, and writes their passwords where only the owner can read them', async () => {
    const { identity, cloudsPath } = await start();
    expect(cloudsPath).toBe(path('clouds.yaml'));
    expect(readdirSync(join(directory, 'data')).sort()).toEqual(['clouds.yaml', 'identity.json']);
    expect([mode('clouds.yaml'), mode('identity.json')]).toEqual(['600', '600']);
    await expectLogins(identity);
  });

  it('writes what the command line client looks for', async () => {
    await (await start()).publish('http://127.0.0.1:19292');
    expect(file('clouds.yaml')).toMatch(/^clouds:\n {2}admin:\n/);
    expect(cloud('rita')).toEqual({
      region_name: 'RegionOne',
      identity_api_version: '3',
      auth: '',
      auth_url: 'http://127.0.0.1:19292/identity/v3',
      username: 'rita',
      password: expect.stringMatching(/^[\w-]{24}$/),
      project_name: 'alpha',
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    });
  });

  it('gives everybody another password, and no two installations the same', async () => {
    await start();
    const first = passwords();
    rmSync(path('clouds.yaml'));
    rmSync(path('identity.json'));
    await start();
    expect(new Set([...first, ...passwords()]).size).toBe(2 * names.length);
  });

  it('keeps no password in identity.json, in no usual encoding', async () => {
    await start();
    const stored = file('identity.json');
    for (const password of passwords()) {
      for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
        expect(stored).not.toContain(Buffer.from(password).toString(encoding).replace(/=+$/, ''));
      }
    }
  });
});

describe('the second start', () => {
  it('finds the same users, passwords and tokens, and writes nothing', async () => {
    const first = await start();
    await first.publish('https://images.example.org');
    const before = [file('identity.json'), file('clouds.yaml')];
    const { token } = first.identity.issue(first.identity.directory.users[1]!, undefined)!;

    const second = await start();
    expect([file('identity.json'), file('clouds.yaml')]).toEqual(before);
    expect(second.identity.directory).toEqual(first.identity.directory);
    expect(await second.identity.authenticate(token)).toMatchObject({ userName: 'alice' });
    await expectLogins(second.identity);
  });

  it('at another address changes that and nothing else, for the owner only', async () => {
    await (await start()).publish('http://127.0.0.1:9292');
    const before = file('clouds.yaml');
    chmodSync(path('clouds.yaml'), 0o644);
    await (await start()).publish('http://127.0.0.1:9393');
    expect(file('clouds.yaml')).toBe(before.replaceAll(':9292/', ':9393/'));
    expect(mode('clouds.yaml')).toBe('600');
    expect(readdirSync(join(directory, 'data'))).toHaveLength(2);
  });
});

describe('a start after clouds.yaml was', () => {
  const ids = (identity: BuiltinIdentity) =>
    identity.directory.users.map(({ id, name, projectId }) => [id, name, projectId]);

  it.each([
    ['deleted', () => rmSync(path('clouds.yaml'))],
    ['emptied', () => writeFileSync(path('clouds.yaml'), '')],
    ['robbed of one user', () => writeFileSync(path('clouds.yaml'), file('clouds.yaml').replace('  bob:', '  rob:'))],
  ])('%s gives the same users new passwords, and the old ones are worth nothing', async (_, happens) => {
    const first = await start();
    const old = passwords();
    happens();

    const second = await start();
    expect(ids(second.identity)).toEqual(ids(first.identity));
    expect(second.identity.directory.projects).toEqual(first.identity.directory.projects);
    expect(mode('clouds.yaml')).toBe('600');
    await expectLogins(second.identity);
    for (const [n, password] of old.entries()) {
      expect(passwords()).not.toContain(password);
      const user = second.identity.directory.users.find(({ name }) => name === names[n]);
      expect(await second.identity.login(user, password)).toBeUndefined();
    }
    await expectLogins((await start()).identity);
  });
});

it('a start with a damaged identity.json says what is wrong, and leaves it to be mended', async () => {
  await start();
  const damaged = file('identity.json').slice(0, 100);
  writeFileSync(path('identity.json'), damaged);
  await expect(start()).rejects.toThrow(`${path('identity.json')} is damaged: restore it from a backup`);
  expect(file('identity.json')).toBe(damaged);
});
