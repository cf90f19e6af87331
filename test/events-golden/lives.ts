import { decide, evolve, imageEventVersions, type Actor, type ImageCommand, type ImageState } from '#domain';

/** What of a row of the log makes an image's state. */
export interface StoredEvent {
  readonly type: string;
  readonly schema_version: number;
  readonly recorded_at: string;
  readonly payload: object;
}

const actor = (userId: string, projectId: string | null, ...roles: string[]): Actor => ({ userId, projectId, roles });
const alice = actor('alice', 'alpha', 'member', 'reader');
const admin = actor('admin', 'admin', 'admin', 'member', 'reader');
const bob = actor('bob', 'beta', 'member', 'reader');
const system = actor('vitrine', null, 'system');

type Short<C> = C extends ImageCommand ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor } : never;
type ShortCommand = Short<ImageCommand>;

const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const found = {
  size: 2n ** 63n - 1n,
  md5: '0cc175b9c0f1b6a831c399e269772661',
  sha512: 'ab'.repeat(64),
  virtualSize: 9_007_199_254_740_993n,
  format: 'qcow2',
};

const created: ShortCommand = {
  type: 'CreateImage',
  id: id(1),
  attributes: { name: 'debian', tags: ['b', 'a'], os_distro: 'debian', arch: 'x86_64', kernel: 'ü€' },
};

/** By hand, from the creation to a shared image in use. */
const upload: readonly ShortCommand[] = [
  created,
  {
    type: 'ChangeImage',
    changes: [
      { op: 'replace', attribute: 'name', value: 'Debian 12' },
      { op: 'add', attribute: 'disk_format', value: 'qcow2', mustBeNew: false },
      { op: 'add', attribute: 'container_format', value: 'bare', mustBeNew: false },
      { op: 'replace', attribute: 'min_disk', value: 4 },
      { op: 'replace', attribute: 'min_ram', value: 512 },
      { op: 'replace', attribute: 'os_hidden', value: true },
    ],
  },
  {
    type: 'ChangeImage',
    changes: [
      { op: 'add', attribute: 'os_version', value: '12', mustBeNew: true },
      { op: 'replace', attribute: 'os_distro', value: 'Debian' },
      { op: 'remove', attribute: 'kernel' },
    ],
  },
  { type: 'AddTag', tag: 'ä' },
  { type: 'RemoveTag', tag: 'b' },
  { type: 'ChangeImage', changes: [{ op: 'replace', attribute: 'protected', value: true }] },
  { type: 'ChangeImage', actor: admin, changes: [{ op: 'replace', attribute: 'visibility', value: 'public' }] },
  { type: 'ChangeImage', actor: admin, changes: [{ op: 'replace', attribute: 'owner', value: 'gamma' }] },
  { type: 'StartUpload', actor: admin, attempt: 'a1', kind: 'upload', store: 'local', key: `${id(1)}/a1` },
  { type: 'FailUpload', actor: system, attempt: 'a1', reason: 'the client went away' },
  { type: 'StartUpload', actor: admin, attempt: 'a2', kind: 'upload', store: 'ceph', key: `${id(1)}/a2` },
  { type: 'CompleteUpload', attempt: 'a2', found },
  { type: 'DeactivateImage', actor: admin },
  { type: 'ReactivateImage', actor: admin },
  { type: 'ChangeImage', actor: admin, changes: [{ op: 'replace', attribute: 'visibility', value: 'shared' }] },
  { type: 'AddMember', actor: admin, member: 'beta' },
  { type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'accepted' },
  { type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'rejected' },
  { type: 'SetMemberStatus', actor: bob, member: 'beta', status: 'pending' },
  { type: 'AddMember', actor: admin, member: 'delta' },
  { type: 'RemoveMember', actor: admin, member: 'delta' },
];

const importStep = { actor: system, task: 't1', attempt: 2 } as const;

/** Staged, imported at the second try into two of three stores, removed from one, deleted and purged. */
const stage: readonly ShortCommand[] = [
  { type: 'CreateImage', id: id(2), attributes: { disk_format: 'raw', container_format: 'bare' } },
  { type: 'StartUpload', attempt: 'a1', kind: 'stage', store: 'local', key: `${id(2)}/a1` },
  { type: 'CompleteUpload', attempt: 'a1', found: { ...found, virtualSize: null, format: 'raw' } },
  {
    type: 'RequestImport',
    task: 't1',
    requestId: 'req-1',
    method: { name: 'glance-direct' },
    stores: ['ceph', 'local', 'attic'],
    everywhere: false,
    allMustSucceed: false,
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 1, worker: 'w1', key: `${id(2)}/t1-1` },
  {
    type: 'FailImport',
    actor: system,
    task: 't1',
    attempt: 1,
    reason: 'the worker stopped answering',
    retryAt: new Date('2026-01-02T04:00:00.000Z'),
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 2, worker: 'w2', key: `${id(2)}/t1-2` },
  { ...importStep, type: 'CompleteImportToStore', store: 'ceph', found: { ...found, format: 'raw' } },
  { ...importStep, type: 'CompleteImportToStore', store: 'local', found: { ...found, format: 'raw' } },
  { ...importStep, type: 'FailImportToStore', store: 'attic', reason: 'there is no room left' },
  { type: 'RemoveDataFromStore', actor: admin, store: 'local' },
  { type: 'DeleteImage' },
  { type: 'PurgeData', actor: system, blobs: [{ store: 'local', key: `${id(2)}/a1` }] },
];

/** A download that is given up. */
const download: readonly ShortCommand[] = [
  {
    type: 'CreateImage',
    actor: admin,
    id: id(3),
    attributes: { owner: null, visibility: 'community', disk_format: 'iso', container_format: 'bare' },
  },
  {
    type: 'RequestImport',
    actor: admin,
    task: 't1',
    requestId: 'req-2',
    method: { name: 'web-download', uri: 'https://example.org/disk.iso' },
    stores: ['local'],
    everywhere: false,
    allMustSucceed: true,
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 1, worker: 'w1', key: `${id(3)}/t1-1` },
  { type: 'FailImport', actor: system, task: 't1', attempt: 1, reason: 'HTTP 404', retryAt: null },
];

const location = (key: string, metadata = {}) => ({
  ...{ store: 'web', key: `https://example.org/${key}`, metadata },
  ...{ size: 2n ** 63n - 1n, validation: null },
});

/** Registered where it lies, in two places; one is taken out again. */
const locations: readonly ShortCommand[] = [
  { type: 'CreateImage', id: id(4), attributes: { disk_format: 'raw', container_format: 'bare' } },
  {
    type: 'ChangeImage',
    changes: [
      {
        op: 'add-location',
        index: null,
        location: {
          ...location('a', { said: ['ü', { of: 'it' }], store: 'x' }),
          validation: { checksum: found.md5, os_hash_algo: 'sha512', os_hash_value: found.sha512 },
        },
      },
    ],
  },
  { type: 'ChangeImage', changes: [{ op: 'add-location', index: 0, location: location('b') }] },
  { type: 'ChangeImage', actor: admin, changes: [{ op: 'remove-location', index: 1 }] },
];

/** From another region, with the formats and properties that the image has there. */
const region: readonly ShortCommand[] = [
  {
    type: 'CreateImage',
    id: id(5),
    attributes: { disk_format: 'raw', container_format: 'bare', hw_disk_bus: 'ide' },
  },
  {
    type: 'RequestImport',
    task: 't1',
    requestId: 'req-4',
    method: {
      name: 'glance-download',
      glance_region: 'RegionTwo',
      glance_image_id: id(1),
      glance_service_interface: 'public',
      endpoint: 'https://two.example.org/image',
    },
    stores: ['local'],
    everywhere: false,
    allMustSucceed: true,
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 1, worker: 'w1', key: `${id(5)}/t1-1` },
  {
    type: 'CompleteImportToStore',
    actor: system,
    task: 't1',
    attempt: 1,
    store: 'local',
    found,
    adopted: {
      disk_format: 'qcow2',
      container_format: 'bare',
      properties: { hw_disk_bus: 'virtio', os_distro: 'debian' },
    },
  },
];

/** Made and filled by a task of the old kind. */
const task: readonly ShortCommand[] = [
  {
    type: 'ImportNewImage',
    actor: admin,
    id: id(4),
    task: 't1',
    requestId: 'req-3',
    input: {
      import_from: 'https://example.org/disk.qcow2',
      import_from_format: 'qcow2',
      image_properties: { name: 'by task', container_format: 'bare', visibility: 'public', os_distro: 'debian' },
    },
    stores: ['local'],
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 1, worker: 'w1', key: `${id(4)}/t1-1` },
  { type: 'CompleteImportToStore', actor: system, task: 't1', attempt: 1, store: 'local', found },
];

/** Decompressed and converted on its way into two stores. */
const conversion: readonly ShortCommand[] = [
  { type: 'CreateImage', id: id(6), attributes: { disk_format: 'vmdk', container_format: 'bare' } },
  {
    type: 'RequestImport',
    task: 't1',
    requestId: 'req-5',
    method: { name: 'web-download', uri: 'https://example.org/disk.vmdk.xz' },
    stores: ['local', 'ceph'],
    everywhere: false,
    allMustSucceed: true,
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 1, worker: 'w1', key: `${id(6)}/t1-1` },
  {
    type: 'CompleteImportToStore',
    actor: system,
    task: 't1',
    attempt: 1,
    store: 'local',
    found: {
      ...found,
      decompressed: { format: 'xz', size: 9_007_199_254_740_993n },
      converted: { from: { ...found, sha512: 'cd'.repeat(64), format: 'vmdk' }, to: 'qcow2' },
    },
  },
  { type: 'CompleteImportToStore', actor: system, task: 't1', attempt: 1, store: 'ceph', found },
];

/** Made and filled by a bulk import that is cancelled; its owner asks for it once more. */
const item: readonly ShortCommand[] = [
  {
    type: 'ImportItem',
    id: id(6),
    task: 't1',
    requestId: 'req-5',
    attributes: { name: 'one of many', disk_format: 'qcow2', os_distro: 'debian' },
    uri: 'https://example.org/disk.qcow2',
    stores: ['local'],
    bulk: {
      batch: id(9),
      line: 7,
      mirrors: ['https://example.net/disk.qcow2'],
      checksum: { algorithm: 'sha256', value: 'cd'.repeat(32) },
      attempts: 3,
    },
  },
  { type: 'StartImport', actor: system, task: 't1', attempt: 1, worker: 'w1', key: `${id(6)}/t1-1` },
  { type: 'CancelImport', actor: system, task: 't1', reason: 'the bulk import was cancelled' },
  { type: 'RepeatImport', task: 't2', requestId: 'req-6' },
];

/** By the name of the folder that holds the life as it was stored. */
export const lives = { upload, stage, download, locations, task, region, conversion, item };

const start = Date.parse('2026-01-02T03:04:05.678Z');

/** The rows that today's rules write for a life, one command a minute. */
export function writtenToday(commands: readonly ShortCommand[]): StoredEvent[] {
  const written: StoredEvent[] = [];
  let state: ImageState;
  for (const [index, command] of commands.entries()) {
    const at = new Date(start + index * 60_000);
    for (const event of decide({ actor: alice, at, ...command }, state)) {
      state = evolve(state, event, at);
      const { type, data: payload } = event;
      written.push({ type, schema_version: imageEventVersions[type], recorded_at: at.toISOString(), payload });
    }
  }
  return written;
}
