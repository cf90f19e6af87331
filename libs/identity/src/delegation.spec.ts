import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultyKeystone } from '../../../test/services/faulty-keystone.js';
import { scratchDirectory } from '../../../test/services/scratch.js';
import { BuiltinDelegation } from './builtin/builtin-delegation.js';
import { KeystoneDelegation } from './keystone/keystone-delegation.js';
import { KeystoneIdentity } from './keystone/keystone-identity.js';

let keystone: FaultyKeystone;
beforeAll(async () => {
  keystone = await FaultyKeystone.start();
});
afterAll(() => keystone.stop());

const endpointsOf = (url: string) =>
  ['public', 'internal', 'admin'].map((face) => ({ service: 'image', face, region: 'RegionOne', url }));

describe('what processes of an installation share', () => {
  it('is one key for those with the same service account, and another for every other', async () => {
    const key = (change: object = {}) => new KeystoneDelegation({ ...keystone.account, ...change }).sealingKey();
    const [one, same, password, user] = await Promise.all([
      key(),
      key({ authUrl: 'http://another.example' }),
      key({ password: 'another' }),
      key({ username: 'another' }),
    ]);
    expect(one).toHaveLength(32);
    expect(same).toEqual(one);
    expect(password).not.toEqual(one);
    expect(user).not.toEqual(one);
  });

  it('is one key for those with the same data directory, and none before it is there', async () => {
    const { directory } = keystone.cloud;
    const [one, same] = await Promise.all([1, 2].map(() => new BuiltinDelegation(directory).sealingKey()));
    expect(one).toHaveLength(32);
    expect(same).toEqual(one);
    await expect(new BuiltinDelegation(scratchDirectory('empty')).sealingKey()).rejects.toThrow(/VITRINE_DATA_DIR/);
  });
});

describe('the token of the service', () => {
  it.each([
    ['Keystone', () => new KeystoneDelegation(keystone.account)],
    ['the built-in identity', () => new BuiltinDelegation(keystone.cloud.directory)],
  ])('of %s makes an expired one good', async (_, delegation) => {
    const expired = keystone.tokenEnding('alice', -60);
    const identity = new KeystoneIdentity(keystone.account);
    await expect(identity.authenticate(expired)).rejects.toMatchObject({ code: 'unauthorized' });
    const service = await delegation().serviceToken();
    expect(await identity.authenticate(expired, service)).toMatchObject({ userName: 'alice' });
  });
});

describe('the catalogue', () => {
  it('of whoever has the token says where services are, and is asked for each time', async () => {
    const identity = new KeystoneIdentity(keystone.account);
    const token = await keystone.login('rita');
    const catalogue = await identity.catalogue(token);
    const { url } = catalogue[0]!;
    expect(catalogue.filter(({ service }) => service === 'image')).toEqual(endpointsOf(url));
    await keystone.revoke(token);
    await expect(identity.catalogue(token)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('is for an expired token only beside one of a service', async () => {
    const identity = new KeystoneIdentity(keystone.account);
    const expired = keystone.tokenEnding('alice', -60);
    await expect(identity.catalogue(expired)).rejects.toMatchObject({ code: 'unauthorized' });
    const service = await new KeystoneDelegation(keystone.account).serviceToken();
    expect((await identity.catalogue(expired, service)).length).toBeGreaterThan(0);
  });
});
