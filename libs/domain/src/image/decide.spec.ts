import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import type { AttributeChange } from './commands.js';
import type { Image } from './image.js';
import {
  active,
  admin,
  alice,
  at,
  bob,
  carol,
  completeImport,
  completeUpload,
  create,
  failImport,
  failToStore,
  found,
  given,
  glance,
  id,
  image,
  requestDownload,
  rita,
  startImport,
  startStage,
  startUpload,
  system,
  type ShortCommand,
} from './image.spec-kit.js';

const refused = (code: DomainErrorCode) => expect.objectContaining({ code });
const change = (...changes: AttributeChange[]): ShortCommand => ({ type: 'ChangeImage', changes });
const replace = (attribute: string, value: unknown): AttributeChange => ({ op: 'replace', attribute, value });
const add = (attribute: string, value: unknown): AttributeChange => ({ op: 'add', attribute, value, mustBeNew: false });
const remove = (attribute: string): AttributeChange => ({ op: 'remove', attribute });

describe('creating an image', () => {
  it('gives what was not said its default', () => {
    expect(image({ type: 'CreateImage', id, attributes: {} })).toMatchObject({
      id,
      name: null,
      owner: 'alpha',
      status: 'queued',
      visibility: 'shared',
      protected: false,
      os_hidden: false,
      min_disk: 0,
      min_ram: 0,
      disk_format: null,
      container_format: null,
      tags: [],
      properties: {},
      createdAt: at,
      updatedAt: at,
    });
  });

  it('keeps unknown attributes as properties and tags as a set', () => {
    const made = image(create({ os_distro: 'debian', tags: ['a', 'b', 'a'] }));
    expect(made.properties).toEqual({ os_distro: 'debian' });
    expect(made.tags).toEqual(['a', 'b']);
  });

  it('refuses an id that was ever used', () => {
    expect(() => given(create()).when(create())).toThrow(refused('image-exists'));
    expect(() => given(create(), { type: 'DeleteImage' }).when(create())).toThrow(refused('image-exists'));
  });

  it.each<[string, unknown, DomainErrorCode]>([
    ['name', 5, 'invalid-attribute'],
    ['name', 'x'.repeat(256), 'invalid-attribute'],
    ['name', 'a 4-byte 🐧', 'invalid-attribute'],
    ['name', 'nul\0', 'invalid-attribute'],
    ['name', 'half \ud83d', 'invalid-attribute'],
    ['visibility', 'secret', 'invalid-attribute'],
    ['protected', 'true', 'invalid-attribute'],
    ['min_disk', -1, 'invalid-attribute'],
    ['min_disk', 1.5, 'invalid-attribute'],
    ['min_ram', 2 ** 31, 'invalid-attribute'],
    ['disk_format', 'qcow3', 'invalid-attribute'],
    ['container_format', 'tar', 'invalid-attribute'],
    ['tags', 'a', 'invalid-attribute'],
    ['tags', ['x'.repeat(256)], 'invalid-attribute'],
    ['os_distro', null, 'invalid-attribute'],
    ['os_distro', 12, 'invalid-attribute'],
    ['x'.repeat(256), 'long name', 'invalid-attribute'],
    ['status', 'active', 'read-only-attribute'],
    ['size', 5, 'read-only-attribute'],
    ['locations', [], 'read-only-attribute'],
    ['os_hash_value', 'x', 'read-only-attribute'],
    ['os_glance_import_task', 'x', 'reserved-attribute'],
    ['deleted_at', 'x', 'reserved-attribute'],
  ])('refuses %s = %j', (name, value, code) => {
    expect(() => given().when(create({ [name]: value }))).toThrow(refused(code));
  });

  it('holds the quotas of tags and properties', () => {
    const limits = { properties: 1, tags: 1, members: 1 };
    expect(() => given().when(create({ a: '1', b: '2' }), limits)).toThrow(refused('limit-exceeded'));
    expect(() => given().when(create({ tags: ['a', 'b'] }), limits)).toThrow(refused('limit-exceeded'));
    expect(given().when(create({ a: '1', tags: ['a'] }), { ...limits, tags: -1 })).toHaveLength(1);
  });
});

describe('changing an image', () => {
  it('says from what to what, one event a kind of change', () => {
    const events = given(create({ name: 'old', a: '1', b: '2', tags: ['x'] })).when(
      change(
        replace('name', 'new'),
        replace('a', '9'),
        remove('b'),
        add('c', '3'),
        replace('tags', ['y']),
        replace('protected', true),
      ),
    );
    expect(events).toEqual([
      { type: 'ImageAttributesChanged', data: { changes: { name: { from: 'old', to: 'new' } } } },
      {
        type: 'ImagePropertiesChanged',
        data: { changes: { a: { from: '1', to: '9' }, b: { from: '2', to: null }, c: { from: null, to: '3' } } },
      },
      { type: 'ImageTagRemoved', data: { tag: 'x' } },
      { type: 'ImageTagAdded', data: { tag: 'y' } },
      { type: 'ImageProtectionChanged', data: { from: false, to: true } },
    ]);
  });

  it('is no event when nothing is different', () => {
    expect(given(create({ name: 'n', a: '1' })).when(change(replace('name', 'n'), add('a', '1')))).toEqual([]);
    expect(given(create()).when(change())).toEqual([]);
  });

  it.each<[string, AttributeChange, DomainErrorCode]>([
    ['replacing a missing property', replace('nope', 'x'), 'property-missing'],
    ['removing a missing property', remove('nope'), 'property-missing'],
    ['adding anew what is there', { ...add('a', '2'), mustBeNew: true } as AttributeChange, 'property-exists'],
    ['adding anew a base attribute', { ...add('name', 'x'), mustBeNew: true } as AttributeChange, 'property-exists'],
    ['removing a base attribute', remove('name'), 'attribute-not-removable'],
    ['removing the tags', remove('tags'), 'attribute-not-removable'],
    ['a read-only attribute', replace('status', 'active'), 'read-only-attribute'],
    ['the id', replace('id', id), 'read-only-attribute'],
    ['a reserved attribute', add('os_glance_x', 'x'), 'reserved-attribute'],
    ['a property of null', add('a', null), 'invalid-attribute'],
    ['another owner', replace('owner', 'beta'), 'forbidden'],
    ['visibility public', replace('visibility', 'public'), 'forbidden'],
  ])('refuses %s', (_, one, code) => {
    expect(() => given(create({ a: '1' })).when(change(one))).toThrow(refused(code));
  });

  it('applies all of a patch or nothing', () => {
    expect(() => given(create()).when(change(replace('name', 'new'), remove('nope')))).toThrow(
      refused('property-missing'),
    );
  });

  it('lets an admin publicize and give away', () => {
    const events = given(create()).when({
      ...change(replace('visibility', 'public'), replace('owner', 'beta')),
      actor: admin,
    });
    expect(events.map(({ type }) => type)).toEqual(['ImageVisibilityChanged', 'ImageOwnerChanged']);
  });

  it('changes formats only before there is data', () => {
    expect(given(create()).when(change(replace('disk_format', 'qcow2')))).toHaveLength(1);
    expect(() => given(...active()).when(change(replace('disk_format', 'qcow2')))).toThrow(refused('formats-locked'));
    expect(given(...active()).when(change(replace('disk_format', 'raw')))).toEqual([]);
  });
});

describe('tags', () => {
  it('are added once and removed when there', () => {
    expect(given(create()).when({ type: 'AddTag', tag: 'x' })).toEqual([{ type: 'ImageTagAdded', data: { tag: 'x' } }]);
    expect(given(create({ tags: ['x'] })).when({ type: 'AddTag', tag: 'x' })).toEqual([]);
    expect(() => given(create()).when({ type: 'RemoveTag', tag: 'x' })).toThrow(refused('tag-not-found'));
    expect(() =>
      given(create({ tags: ['x'] })).when({ type: 'AddTag', tag: 'y' }, { properties: 1, tags: 1, members: 1 }),
    ).toThrow(refused('limit-exceeded'));
  });
});

describe('uploading', () => {
  it('goes from queued over saving to active', () => {
    expect(image(create(), startUpload).status).toBe('saving');
    expect(image(...active())).toMatchObject({ status: 'active', data: { size: 4n, virtualSize: 4n }, upload: null });
  });

  it('needs both formats', () => {
    expect(() => given({ type: 'CreateImage', id, attributes: { disk_format: 'raw' } }).when(startUpload)).toThrow(
      refused('formats-unset'),
    );
  });

  it('needs a queued image', () => {
    expect(() => given(create(), startUpload).when(startUpload)).toThrow(refused('wrong-status'));
    expect(() => given(...active()).when(startUpload)).toThrow(refused('wrong-status'));
  });

  it('returns to queued with the reason when it fails, and its object is doomed', () => {
    const failed = image(create(), startUpload, { type: 'FailUpload', attempt: 'a1', reason: 'cut' });
    expect(failed).toMatchObject({ status: 'queued', failure: 'cut', data: null, upload: null });
    expect(failed.blobs).toEqual([expect.objectContaining({ key: `${id}/a1`, state: 'doomed' })]);
  });

  it('ends once: an attempt that is over cannot end again', () => {
    const again = [create(), startUpload, { type: 'FailUpload', attempt: 'a1', reason: 'cut' }] as const;
    expect(given(...again).when({ type: 'FailUpload', attempt: 'a1', reason: 'again' })).toEqual([]);
    expect(() => given(...again).when(completeUpload)).toThrow(refused('data-superseded'));
    expect(() => given(...active()).when(completeUpload)).toThrow(refused('data-superseded'));
  });

  it('is gone when the image was deleted meanwhile', () => {
    expect(() => given(create(), startUpload, { type: 'DeleteImage' }).when(completeUpload)).toThrow(
      refused('image-gone'),
    );
  });
});

describe('importing', () => {
  it('of a download goes from queued over importing to active', () => {
    expect(image(create(), requestDownload).status).toBe('importing');
    expect(image(create(), requestDownload, startImport(), completeImport())).toMatchObject({
      status: 'active',
      imports: [{ task: 't1', state: 'succeeded', attempt: 1 }],
    });
  });

  it('of staged data needs the stage to be complete, and dooms it in the end', () => {
    const direct: ShortCommand = { ...requestDownload, method: { name: 'glance-direct' } } as ShortCommand;
    expect(() => given(create()).when(direct)).toThrow(refused('wrong-status'));
    expect(() => given(create(), startStage).when(direct)).toThrow(refused('wrong-status'));
    const imported = image(create(), startStage, completeUpload, direct, startImport(), completeImport());
    expect(imported.status).toBe('active');
    expect(imported.blobs.map(({ state }) => state).sort()).toEqual(['doomed', 'live']);
  });

  it('is claimed by one worker an attempt', () => {
    expect(() => given(create(), requestDownload, startImport()).when(startImport())).toThrow(
      refused('import-already-claimed'),
    );
    expect(() => given(create(), requestDownload).when(startImport(2))).toThrow(refused('import-already-claimed'));
  });

  it('waits for the next attempt when a failure may pass', () => {
    const later = new Date(at.getTime() + 1000);
    const waiting = image(create(), requestDownload, startImport(), failImport(later));
    expect(waiting).toMatchObject({
      status: 'importing',
      failure: 'it broke',
      imports: [{ state: 'waiting', notBefore: later }],
    });
    expect(() => given(create(), requestDownload, startImport(), failImport(later)).when(completeImport())).toThrow(
      refused('data-superseded'),
    );
    expect(
      image(create(), requestDownload, startImport(), failImport(later), startImport(2), completeImport(2)).status,
    ).toBe('active');
  });

  it('gives up with its reason, and the image can be imported again', () => {
    const failed = [create(), requestDownload, startImport(), failImport(null)];
    expect(image(...failed)).toMatchObject({ status: 'queued', failure: 'it broke', imports: [{ state: 'failed' }] });
    expect(given(...failed).when({ ...requestDownload, task: 't2' } as ShortCommand)).toHaveLength(1);
  });

  it('is one at a time', () => {
    expect(() => given(create(), requestDownload).when(requestDownload)).toThrow(refused('import-in-progress'));
  });

  const both: ShortCommand = { ...requestDownload, stores: ['local', 'ceph'] } as ShortCommand;
  const either: ShortCommand = { ...both, allMustSucceed: false } as ShortCommand;
  const placesOf = ({ blobs }: Image) => blobs.map(({ store, state }) => `${store} ${state}`).sort();

  it('fills store after store, and is active with the last of those that must succeed', () => {
    const half = [create(), both, startImport(), completeImport(1, 'local')];
    expect(image(...half)).toMatchObject({ status: 'importing', imports: [{ done: ['local'], state: 'running' }] });
    const whole = image(...half, completeImport(1, 'ceph'));
    expect(whole).toMatchObject({ status: 'active', imports: [{ done: ['local', 'ceph'], state: 'succeeded' }] });
    expect(placesOf(whole)).toEqual(['ceph live', 'local live']);
    expect(() => given(...half).when(completeImport(1, 'local'))).toThrow(refused('data-superseded'));
  });

  it('is active with the first store when not all must succeed, and leaves out one that fails', () => {
    const half = [create(), either, startImport(), completeImport(1, 'local')];
    expect(image(...half)).toMatchObject({ status: 'active', imports: [{ state: 'running' }] });
    const whole = image(...half, failToStore('ceph'));
    expect(whole).toMatchObject({ status: 'active', imports: [{ failed: ['ceph'], state: 'succeeded' }] });
    expect(placesOf(whole)).toEqual(['ceph doomed', 'local live']);
  });

  it('fails as a whole when every store failed', () => {
    const failed = image(create(), either, startImport(), failToStore('local'), failToStore('ceph'));
    expect(failed).toMatchObject({ status: 'queued', data: null, failure: 'it is full' });
    expect(failed.imports).toMatchObject([{ state: 'failed', failed: ['local', 'ceph'] }]);
    expect(placesOf(failed)).toEqual(['ceph doomed', 'local doomed']);
  });

  it('goes on with the stores that are left at the next attempt', () => {
    const half = [create(), both, startImport(), completeImport(1, 'local'), failImport(at)];
    expect(placesOf(image(...half))).toEqual(['ceph doomed', 'local live']);
    expect(given(...half).when(startImport(2))).toMatchObject([{ data: { stores: ['ceph'] } }]);
    expect(image(...half, startImport(2), completeImport(2, 'ceph')).status).toBe('active');
  });

  it('given up when all must succeed leaves nothing anywhere', () => {
    const failed = image(create(), both, startImport(), completeImport(1, 'local'), failImport(null));
    expect(failed).toMatchObject({ status: 'queued', data: null, imports: [{ failed: ['local', 'ceph'], done: [] }] });
    expect(placesOf(failed)).toEqual(['ceph doomed', 'local doomed']);
  });

  describe('of a copy', () => {
    const copy = (stores: readonly string[], more = {}): ShortCommand =>
      ({ ...requestDownload, actor: admin, method: { name: 'copy-image' }, stores, ...more }) as ShortCommand;

    it('is for admins, of an active image, into stores that have not got it', () => {
      expect(() => given(...active()).when(copy(['ceph'], { actor: alice }))).toThrow(refused('forbidden'));
      expect(() => given(create()).when(copy(['ceph']))).toThrow(refused('wrong-status'));
      expect(() => given(...active()).when(copy(['ceph', 'local']))).toThrow(refused('store-has-data'));
      expect(given(...active()).when(copy(['ceph', 'local'], { everywhere: true }))).toMatchObject([
        { data: { stores: ['ceph'], status: { from: 'active', to: 'active' } } },
      ]);
      expect(given(...active()).when(copy(['local'], { everywhere: true }))).toEqual([]);
    });

    it('leaves the image active all the time, and as it was when it is given up', () => {
      const copying = [...active(), copy(['ceph', 'attic']), startImport()];
      const copied = image(...copying, completeImport(1, 'ceph'), completeImport(1, 'attic'));
      expect(placesOf(copied)).toEqual(['attic live', 'ceph live', 'local live']);
      const failed = image(...copying, completeImport(1, 'ceph'), failImport(null));
      expect(failed).toMatchObject({ status: 'active', imports: [{ state: 'failed', failed: ['ceph', 'attic'] }] });
      expect(placesOf(failed)).toEqual(['attic doomed', 'ceph doomed', 'local live']);
    });
  });
});

describe('removing the data from one store', () => {
  const both = { ...requestDownload, stores: ['local', 'ceph'] } as ShortCommand;
  const remove = (store: string, actor = admin): ShortCommand => ({ type: 'RemoveDataFromStore', actor, store });

  it('is for admins, and never of the last copy', () => {
    const two = [create(), both, startImport(), completeImport(1, 'local'), completeImport(1, 'ceph')];
    expect(given(...two).when(remove('ceph'))).toMatchObject([{ type: 'ImageDataRemoved' }]);
    expect(() => given(...two).when(remove('ceph', alice))).toThrow(refused('forbidden'));
    expect(() => given(...active()).when(remove('local'))).toThrow(refused('last-copy'));
    expect(() => given(...active()).when(remove('x'))).toThrow(refused('store-not-used'));
    expect(() => given(create()).when(remove('local'))).toThrow(refused('wrong-status'));
  });
});

describe('deactivating', () => {
  it('and back are the same the second time', () => {
    expect(image(...active(), { type: 'DeactivateImage' }).status).toBe('deactivated');
    expect(given(...active(), { type: 'DeactivateImage' }).when({ type: 'DeactivateImage' })).toEqual([]);
    expect(image(...active(), { type: 'DeactivateImage' }, { type: 'ReactivateImage' }).status).toBe('active');
    expect(given(...active()).when({ type: 'ReactivateImage' })).toEqual([]);
  });

  it('needs data', () => {
    expect(() => given(create()).when({ type: 'DeactivateImage' })).toThrow(refused('forbidden'));
    expect(() => given(create()).when({ type: 'ReactivateImage' })).toThrow(refused('forbidden'));
  });
});

describe('deleting', () => {
  it('dooms every object and is final', () => {
    const deleted = image(...active(), { type: 'DeleteImage' });
    expect(deleted).toMatchObject({ status: 'deleted', deletedAt: at, blobs: [{ state: 'doomed' }] });
    expect(() => given(...active(), { type: 'DeleteImage' }).when({ type: 'DeleteImage' })).toThrow(
      refused('image-not-found'),
    );
  });

  it('is refused while protected', () => {
    expect(() => given(create({ protected: true })).when({ type: 'DeleteImage' })).toThrow(refused('image-protected'));
  });

  it.each([[[create(), startUpload]], [[create(), startStage]], [[create(), requestDownload, startImport()]]])(
    'works while bytes are on their way (%#)',
    (commands) => {
      expect(image(...commands, { type: 'DeleteImage' }).status).toBe('deleted');
    },
  );

  it('purges only what is doomed', () => {
    const blobs = [{ store: 'local', key: `${id}/a1` }];
    expect(given(...active()).when({ type: 'PurgeData', actor: system, blobs })).toEqual([]);
    expect(given(...active(), { type: 'DeleteImage' }).when({ type: 'PurgeData', actor: system, blobs })).toEqual([
      { type: 'ImageDataPurged', data: { blobs } },
    ]);
    expect(image(...active(), { type: 'DeleteImage' }, { type: 'PurgeData', actor: system, blobs }).blobs).toEqual([]);
  });
});

describe('sharing', () => {
  const shared = [create(), { type: 'AddMember', member: 'beta' }] as const;

  it('starts pending; the member accepts, rejects and thinks again', () => {
    expect(image(...shared).members).toMatchObject({ beta: { status: 'pending' } });
    const accepted = given(...shared).when({ type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'accepted' });
    expect(accepted).toEqual([{ type: 'ImageMemberAccepted', data: { member: 'beta', from: 'pending' } }]);
    expect(
      given(...shared).when({ type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'rejected' })[0]?.type,
    ).toBe('ImageMemberRejected');
    expect(given(...shared).when({ type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'pending' })).toEqual(
      [],
    );
  });

  it('is not for the owner to accept, nor for other members', () => {
    expect(() => given(...shared).when({ type: 'SetMemberStatus', member: 'beta', status: 'accepted' })).toThrow(
      refused('forbidden'),
    );
    const two = [...shared, { type: 'AddMember', member: 'gamma' }] as const;
    expect(() =>
      given(...two).when({ type: 'SetMemberStatus', actor: carol, member: 'beta', status: 'accepted' }),
    ).toThrow(refused('member-not-found'));
  });

  it('needs a shared image, a new member and room', () => {
    expect(() => given(create({ visibility: 'private' })).when({ type: 'AddMember', member: 'beta' })).toThrow(
      refused('not-shared'),
    );
    expect(() => given(...shared).when({ type: 'AddMember', member: 'beta' })).toThrow(refused('member-exists'));
    expect(() =>
      given(...shared).when({ type: 'AddMember', member: 'x' }, { properties: 1, tags: 1, members: 1 }),
    ).toThrow(refused('limit-exceeded'));
    expect(() => given(create()).when({ type: 'RemoveMember', member: 'beta' })).toThrow(refused('member-not-found'));
    expect(image(...shared, { type: 'RemoveMember', member: 'beta' }).members).toEqual({});
  });

  it('does not touch the image itself', () => {
    expect(image(...shared).updatedAt).toBe(at);
  });
});

describe('who may', () => {
  it('not see an image is told that there is none; who sees it is told that he may not', () => {
    expect(() => given(create()).when({ type: 'DeleteImage', actor: bob })).toThrow(refused('image-not-found'));
    expect(() => given(create({ visibility: 'community' })).when({ type: 'DeleteImage', actor: bob })).toThrow(
      refused('forbidden'),
    );
    expect(() => given(create()).when({ type: 'DeleteImage', actor: rita })).toThrow(refused('forbidden'));
  });

  it('create', () => {
    expect(() => given().when({ ...create(), actor: rita })).toThrow(refused('forbidden'));
    expect(() => given().when({ ...create(), actor: glance })).toThrow(refused('forbidden'));
    expect(() => given().when(create({ owner: 'beta' }))).toThrow(refused('forbidden'));
    expect(() => given().when(create({ visibility: 'public' }))).toThrow(refused('forbidden'));
    expect(given().when({ ...create({ owner: 'beta', visibility: 'public' }), actor: admin })).toHaveLength(1);
    expect(given().when({ ...create({ owner: alice.projectId }), actor: alice })).toHaveLength(1);
  });
});

it('an image that is not there is not found', () => {
  expect(() => given().when({ type: 'DeleteImage' })).toThrow(refused('image-not-found'));
  expect(() => given().when({ type: 'CompleteUpload', attempt: 'a1', found })).toThrow(refused('image-not-found'));
});
