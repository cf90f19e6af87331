import {
  decide,
  DomainError,
  liveImport,
  locationsOf,
  type Image,
  type ImageState,
  type LocationChange,
} from '#domain';
import { by, exactSize, found, importItem, pick, startImport, system, type ShortCommand } from '../catalog.spec-kit.js';

/** A random life of one image: at each step any kind of command that the rules accept now. Deletion comes late. */
export class ImageWalk {
  private steps = 0;

  constructor(
    readonly id: string,
    private readonly random: () => number,
  ) {}

  /** undefined when nothing is left to do: deleted and purged */
  next(state: ImageState): ShortCommand | undefined {
    this.steps++;
    if (!state) return this.creation();
    const isLate = this.random() < 0.15;
    const possible = candidates(state, `${this.steps}`, this.random).filter(
      (command) => (isLate || command.type !== 'DeleteImage') && isAccepted(command, state),
    );
    const type = pick(this.random, [...new Set(possible.map((command) => command.type))]);
    return possible.length === 0
      ? undefined
      : pick(
          this.random,
          possible.filter((command) => command.type === type),
        );
  }

  private creation(): ShortCommand {
    const properties = pick(this.random, [{}, { zeta: '1', alpha: '2', 10: 'x', 9: 'y' }]);
    const formats = { disk_format: 'raw', container_format: 'bare' };
    if (this.random() < 0.15) return importItem(this.id, { ...formats, ...properties, tags: ['t2', 't1'] });
    return { type: 'CreateImage', id: this.id, attributes: { ...formats, ...properties, tags: ['t2', 't1'] } };
  }
}

function isAccepted(command: ShortCommand, state: Image): boolean {
  try {
    return decide(by(command), state).length > 0;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

const change = (values: Record<string, unknown>): ShortCommand => ({
  type: 'ChangeImage',
  changes: Object.entries(values).map(([attribute, value]) => ({ op: 'add', attribute, value, mustBeNew: false })),
});

function candidates(image: Image, step: string, random: () => number): ShortCommand[] {
  return [
    ...attributeCommands(image, step, random),
    ...dataCommands(image, step, random),
    ...locationCommands(image, step, random),
    ...memberCommands(random),
  ];
}

function attributeCommands(image: Image, step: string, random: () => number): ShortCommand[] {
  const property = pick(random, Object.keys(image.properties).concat('none'));
  return [
    change({ name: pick(random, [null, 'ü', `n${step}`]), os_hidden: random() < 0.3, min_ram: 512, min_disk: 2 }),
    change({ visibility: pick(random, ['public', 'community', 'private']) }),
    change({ visibility: 'shared' }),
    change({ protected: !image.protected }),
    change({ owner: pick(random, ['alpha', 'beta', null]) }),
    change({ [`p${pick(random, ['b', 'a', 'c'])}`]: step }),
    change({ tags: ['x', `t${step}`] }),
    change({ disk_format: pick(random, ['qcow2', 'raw', null]) }),
    { type: 'ChangeImage', changes: [{ op: 'remove', attribute: property }] },
    { type: 'AddTag', tag: pick(random, ['x', 'y']) },
    { type: 'RemoveTag', tag: pick(random, ['x', 'y']) },
  ];
}

function dataCommands(image: Image, step: string, random: () => number): ShortCommand[] {
  const { id } = image;
  const size = pick(random, [0n, 1_000_000n, exactSize]);
  const report = { ...found, size, virtualSize: pick(random, [null, size]) };
  const { task = 'none', attempt = 0 } = liveImport(image) ?? {};
  const upload = image.upload?.attempt ?? 'none';
  const stores = pick(random, [['local'], ['ceph', 'local']]);
  const store = pick(random, ['local', 'ceph']);
  const [everywhere, allMustSucceed] = [random() < 0.5, random() < 0.5];
  const request = {
    type: 'RequestImport',
    task: `t${step}`,
    requestId: 'r',
    stores,
    everywhere,
    allMustSucceed,
  } as const;
  const key = `${id}/a${step}`;
  const retryAt = pick(random, [null, new Date(Date.now() + 5_000)]);
  const doomed = image.blobs.filter(({ state }) => state === 'doomed').slice(0, 1 + Math.floor(random() * 2));
  return [
    { type: 'StartUpload', attempt: `a${step}`, kind: pick(random, ['upload', 'stage']), store: 'local', key },
    { type: 'FailUpload', attempt: upload, reason: 'the client went away' },
    { type: 'CompleteUpload', attempt: upload, found: report },
    { ...request, method: { name: 'glance-direct' } },
    { ...request, method: { name: 'web-download', uri: 'http://x/' } },
    { ...request, method: { name: 'copy-image' } },
    startImport(id, attempt + 1, task),
    { type: 'FailImport', actor: system, task, attempt, reason: 'no route', retryAt },
    { type: 'CancelImport', actor: system, task, reason: 'no more' },
    { type: 'RepeatImport', task: `t${step}`, requestId: 'r' },
    { type: 'CompleteImportToStore', actor: system, task, attempt, store, found: report },
    { type: 'CompleteImportToStore', actor: system, task, attempt, store, found: { ...report, ...prepared } },
    { type: 'FailImportToStore', actor: system, task, attempt, store, reason: 'it is full' },
    { type: 'DeactivateImage' },
    { type: 'ReactivateImage' },
    { type: 'RemoveDataFromStore', store: 'ceph' },
    { type: 'DeleteImage' },
    { type: 'PurgeData', actor: system, blobs: doomed },
  ];
}

/** What may have been done to an import's data. */
const prepared = {
  decompressed: { format: 'xz', size: exactSize },
  converted: { from: { ...found, format: 'vmdk' }, to: 'qcow2' },
} as const;

function locationCommands(image: Image, step: string, random: () => number): ShortCommand[] {
  const given = (key: string) => ({
    ...{ store: 'web', key: `http://h/${key}`, metadata: { step }, size: image.data?.size ?? 7n },
    validation: null,
  });
  const known = locationsOf(image).map((one) => ({ ...one, metadata: { step }, size: null, validation: null }));
  const change = (one: LocationChange): ShortCommand => ({ type: 'ChangeImage', changes: [one] });
  return [
    change({ op: 'add-location', index: pick(random, [null, 0, 1]), location: given(pick(random, ['a', 'b', 'c'])) }),
    change({ op: 'replace-locations', locations: known.length > 0 ? known.toReversed() : [given('a'), given('b')] }),
    change({ op: 'remove-location', index: pick(random, [null, 0]) }),
  ];
}

function memberCommands(random: () => number): ShortCommand[] {
  const member = pick(random, ['beta', 'gamma']);
  return [
    { type: 'AddMember', member },
    { type: 'RemoveMember', member },
    { type: 'SetMemberStatus', member, status: pick(random, ['accepted', 'rejected', 'pending']) },
  ];
}
