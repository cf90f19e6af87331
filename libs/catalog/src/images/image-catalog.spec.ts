import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  completeUpload,
  create,
  found,
  invite,
  requestDownload,
  startImport,
  startUpload,
  system,
  TestCatalog,
  type ShortCommand,
} from '../catalog.spec-kit.js';

let vitrine: TestCatalog;

beforeAll(async () => {
  vitrine = await TestCatalog.create();
});
afterAll(() => vitrine.close());

it('an image is found with how the project stands to it, invited whatever it has answered', async () => {
  const id = randomUUID();
  const { version } = await vitrine.run(id, create(id, { owner: 'alpha' }), ...invite('beta', 'rejected'));
  const common = { id, version, status: 'queued', owner: 'alpha', visibility: 'shared' };
  expect(await vitrine.catalog.find(id, 'beta')).toMatchObject({ ...common, invited: true });
  expect(await vitrine.catalog.find(id, 'gamma')).toMatchObject({ ...common, invited: false });
  expect(await vitrine.catalog.find(id, null)).toMatchObject({ ...common, invited: false });
  expect(await vitrine.catalog.find(randomUUID(), 'beta')).toBeUndefined();
});

it("an image's data are its live objects, not what was staged for it", async () => {
  const id = randomUUID();
  const stage = { ...startUpload(id, 'a1', 'stage'), store: 'zuse' } as ReturnType<typeof startUpload>;
  await vitrine.run(id, create(id), stage, completeUpload());
  expect(await vitrine.catalog.findData(id, null)).toMatchObject({ size: null, checksum: null, locations: [] });
  const stores = ['local', 'ceph'];
  const byHand = { ...requestDownload('t1', stores), method: { name: 'glance-direct' } } as ReturnType<
    typeof requestDownload
  >;
  const step = { type: 'CompleteImportToStore', actor: system, task: 't1', attempt: 1, found } as const;
  await vitrine.run(id, byHand, startImport(id), { ...step, store: 'local' }, { ...step, store: 'ceph' });
  expect(await vitrine.catalog.findData(id, null)).toMatchObject({
    size: 4n,
    checksum: 'm',
    locations: stores.map((store) => ({ store, key: `${id}/t1-1`, metadata: {} })),
  });
  expect(await vitrine.catalog.findData(randomUUID(), null)).toBeUndefined();
});

it('locations come in the order that their numbers mean, each with what was said of it', async () => {
  const [id, other, empty] = [randomUUID(), randomUUID(), randomUUID()];
  const location = (key: string, metadata = {}) => ({ store: 'web', key, metadata, size: 4n, validation: null });
  const add = (index: number | null, key: string): ShortCommand => ({
    type: 'ChangeImage',
    changes: [{ op: 'add-location', index, location: location(key, { said: key }) }],
  });
  await vitrine.run(id, create(id), add(0, 'http://h/b'), add(null, 'http://h/c'), add(0, 'http://h/a'));
  await vitrine.run(other, create(other), startUpload(other), completeUpload());
  await vitrine.run(empty, create(empty), startUpload(empty));
  const inOrder = ['a', 'b', 'c'].map((name) => ({ store: 'web', key: `http://h/${name}` }));
  const expected = inOrder.map((place) => ({ ...place, metadata: { said: place.key } }));
  expect((await vitrine.catalog.findData(id, null))!.locations).toEqual(expected);
  const all = await vitrine.catalog.locations([id, other, empty, randomUUID()]);
  expect([...all.keys()].sort()).toEqual([id, other].sort());
  expect(all.get(id)).toEqual(expected);
  expect(all.get(other)).toEqual([{ store: 'local', key: `${other}/a1`, metadata: {} }]);
});

it('members come in the order of their invitation, or the one that was asked for', async () => {
  const id = randomUUID();
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
  await vitrine.run(id, create(id));
  for (const [index, member] of ['zeta', 'alpha', 'mu'].entries()) {
    await vitrine.run(id, { type: 'AddMember', member, at: at(index) });
  }
  await vitrine.run(id, { type: 'SetMemberStatus', member: 'zeta', status: 'accepted', at: at(9) });
  const zeta = { imageId: id, member: 'zeta', status: 'accepted', createdAt: at(0), updatedAt: at(9) };
  const members = await vitrine.catalog.members(id);
  expect(members.map(({ member }) => member)).toEqual(['zeta', 'alpha', 'mu']);
  expect(members[0]).toEqual(zeta);
  expect(await vitrine.catalog.members(id, 'zeta')).toEqual([zeta]);
  expect(await vitrine.catalog.members(id, 'nobody')).toEqual([]);
});
