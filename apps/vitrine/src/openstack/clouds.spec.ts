import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { scratchDirectory } from '../../../../test/services/scratch.js';
import { CloudError, readCloud } from './clouds.js';

let directory: string;
let home: string;
beforeEach(() => {
  [directory, home] = [scratchDirectory('clouds'), scratchDirectory('home')];
});

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
const cloudOf = (name: string, user: string, more = '') =>
  `  ${name}:\n    auth:\n      auth_url: https://keystone.example.org/v3/\n      username: ${user}\n      password: p1\n${more}`;
const here = (...clouds: string[]) => write(join(directory, 'clouds.yaml'), `clouds:\n${clouds.join('')}`);
const read = (env: Record<string, string> = {}, name?: string) => readCloud({ HOME: home, ...env }, name, directory);
const userOf = (env?: Record<string, string>, name?: string) =>
  (read(env, name).identity as { password: { user: { name: string; password: string } } }).password.user;

describe('a cloud', () => {
  it('is found in the file that is named, here, at home, in this order', () => {
    write(join(home, '.config/openstack/clouds.yaml'), `clouds:\n${cloudOf('one', 'at-home')}`);
    expect(userOf({}, 'one').name).toBe('at-home');
    here(cloudOf('one', 'here'));
    expect(userOf({ OS_CLOUD: 'one' }).name).toBe('here');
    const file = write(join(directory, 'other/file.yaml'), `clouds:\n${cloudOf('one', 'named')}`);
    expect(userOf({ OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'one' }).name).toBe('named');
  });

  it('has all that is said of it, and what is not said as the openstack client takes it', () => {
    const more =
      '      project_id: 42\n      user_domain_name: people\n    region_name: north\n    interface: internal\n    verify: false\n';
    here(cloudOf('one', 'alice', more));
    expect(read({}, 'one')).toEqual({
      authUrl: 'https://keystone.example.org/v3',
      identity: {
        methods: ['password'],
        password: { user: { name: 'alice', domain: { name: 'people' }, password: 'p1' } },
      },
      scope: { project: { id: '42' } },
      ...{
        token: undefined,
        region: 'north',
        face: 'internal',
        imageEndpoint: undefined,
        cacert: undefined,
        verify: false,
      },
    });
  });

  it('has its secrets from secure.yaml', () => {
    here(cloudOf('one', 'alice'));
    write(join(directory, 'secure.yaml'), 'clouds:\n  one:\n    auth:\n      password: secret\n');
    expect(userOf({}, 'one')).toMatchObject({ name: 'alice', password: 'secret' });
  });

  it('is the only one when none is named, and has to be named when there are several', () => {
    here(cloudOf('one', 'alice'));
    expect(userOf().name).toBe('alice');
    here(cloudOf('one', 'alice'), cloudOf('two', 'bob'));
    expect(() => read()).toThrow('say which cloud by --os-cloud or OS_CLOUD: there are one, two');
    expect(() => read({}, 'three')).toThrow('there is no cloud three in clouds.yaml; there are: one, two');
  });

  it('is what the variables say, unless one is named', () => {
    here(cloudOf('one', 'alice'));
    const env = {
      ...{ OS_AUTH_URL: 'http://127.0.0.1:5000', OS_USERNAME: 'bob', OS_PASSWORD: 'p2', OS_PROJECT_NAME: 'beta' },
      ...{ OS_PROJECT_DOMAIN_NAME: 'projects', OS_USER_DOMAIN_ID: 'u1', OS_REGION_NAME: 'south', OS_CACERT: '/ca.pem' },
    };
    expect(read(env)).toMatchObject({
      authUrl: 'http://127.0.0.1:5000/v3',
      identity: { password: { user: { name: 'bob', domain: { id: 'u1' }, password: 'p2' } } },
      scope: { project: { name: 'beta', domain: { name: 'projects' } } },
      ...{ region: 'south', face: 'public', cacert: '/ca.pem', verify: true },
    });
    expect(userOf(env, 'one').name).toBe('alice');
  });

  it('takes a token as it is, and an application credential without a scope', () => {
    const auth = { OS_AUTH_URL: 'http://127.0.0.1:5000/v3' };
    expect(read({ ...auth, OS_TOKEN: 't' })).toMatchObject({ token: 't' });
    const credential = { OS_APPLICATION_CREDENTIAL_ID: 'i', OS_APPLICATION_CREDENTIAL_SECRET: 's', OS_PROJECT_ID: 'p' };
    expect(read({ ...auth, ...credential })).toMatchObject({
      identity: { methods: ['application_credential'], application_credential: { id: 'i', secret: 's' } },
      ...{ scope: undefined, token: undefined },
    });
  });

  it.each([
    ['no file', '', {}, 'say which cloud by --os-cloud or OS_CLOUD, or set OS_AUTH_URL and the rest'],
    ['no address', 'clouds: {one: {auth: {username: a, password: secret}}}', {}, 'there is no auth_url'],
    ['no password', 'clouds: {one: {auth: {auth_url: "http://k/", username: a}}}', {}, 'there are no credentials'],
    ['another shape', 'clouds: {one: {auth: [secret]}}', {}, 'cloud one cannot be used: auth: '],
    ['no YAML', 'clouds:\n  one: {auth: {password: secret\n', {}, 'clouds.yaml cannot be read: line '],
    ['a list', '- secret', {}, 'clouds.yaml cannot be read'],
  ])('with %s is refused, and no secret is told', (_, text, env, message) => {
    if (text !== '') write(join(directory, 'clouds.yaml'), text);
    const told = () => read(env);
    expect(told).toThrow(CloudError);
    expect(told).toThrow(message);
    expect(told).not.toThrow('secret');
  });
});
