import { describe, expect, it } from '@jest/globals';
import type { Image } from './image.js';
import {
  active,
  admin,
  alice,
  at,
  completeImport,
  completeUpload,
  create,
  failImport,
  failToStore,
  found,
  given,
  image,
  refused,
  requestDownload,
  startImport,
  startStage,
  system,
  type ShortCommand,
} from './image.spec-kit.js';

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

  it('of a location that is tried again before it was purged has its place once, which a late purge leaves', () => {
    const uri = 'https://example.org/disk.raw';
    const location = { ...requestDownload, method: { name: 'location', uri, expected: null } } as ShortCommand;
    const start = (attempt: number): ShortCommand => ({ ...startImport(attempt), key: uri }) as ShortCommand;
    const again = [create(), location, start(1), failImport(at), start(2)];
    expect(image(...again).blobs).toMatchObject([{ store: 'local', key: uri, state: 'writing' }]);
    const blobs = [{ store: 'local', key: uri }];
    expect(given(...again).when({ type: 'PurgeData', actor: system, blobs })).toEqual([]);
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

  it('may have the data in an object that was there before: that one is live, and nothing is told of its own', () => {
    const shared = 'f2d0d3a5-0000-4000-8000-000000000001/a9';
    const half = image(create(), both, startImport(), { ...completeImport(1, 'local'), shared } as ShortCommand);
    expect(placesOf(half)).toEqual(['ceph writing', 'local live']);
    expect(half.blobs.find(({ state }) => state === 'live')!.key).toBe(shared);
    const whole = image(...[create(), both, startImport(), { ...completeImport(1, 'local'), shared } as ShortCommand], {
      ...completeImport(1, 'ceph'),
      shared,
    } as ShortCommand);
    expect(placesOf(whole)).toEqual(['ceph live', 'local live']);
    expect(whole.blobs.map(({ key }) => key)).toEqual([shared, shared]);
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

  describe('whose data was decompressed and converted', () => {
    const converted = { from: { ...found, format: 'vmdk' }, to: 'qcow2' } as const;
    const prepared = { ...found, format: 'qcow2', decompressed: { format: 'xz', size: 2n }, converted };
    const store = (name: string, report: object, attempt = 1): ShortCommand =>
      ({ ...completeImport(attempt, name), found: report }) as ShortCommand;
    const typesOf = (...commands: readonly ShortCommand[]) =>
      given(...commands.slice(0, -1))
        .when(commands.at(-1)!)
        .map(({ type }) => type);
    const begun = [create({ disk_format: 'vmdk' }), both, startImport()];

    it('tells each step before the data that came of it, and becomes what it was converted to with the activation', () => {
      const started = [create({ disk_format: 'vmdk' }), requestDownload, startImport()];
      expect(typesOf(...started, store('local', prepared))).toEqual([
        ...['ImageDataDecompressed', 'ImageDataConverted', 'ImageDataUploaded'],
        ...['ImageAttributesChanged', 'ImageActivated', 'ImageImportCompleted'],
      ]);
      expect(image(...started, store('local', prepared))).toMatchObject({ status: 'active', disk_format: 'qcow2' });
    });

    it('becomes so with the last of several stores, also when another attempt fills that', () => {
      const half = [...begun, store('local', prepared)];
      expect(image(...half)).toMatchObject({ status: 'importing', disk_format: 'vmdk' });
      expect(typesOf(...half, store('ceph', found))).toEqual([
        ...['ImageDataCopied', 'ImageAttributesChanged', 'ImageActivated', 'ImageImportCompleted'],
      ]);
      const later = image(...half, failImport(at), startImport(2), store('ceph', found, 2));
      expect(later).toMatchObject({ status: 'active', disk_format: 'qcow2' });
    });

    it('stays what it was when the import is given up, and so does the next one, which converts nothing', () => {
      const failed = [...begun, store('local', prepared), failImport(null)];
      expect(image(...failed)).toMatchObject({ status: 'queued', disk_format: 'vmdk' });
      const again = [...failed, requestDownload, startImport(), completeImport()];
      expect(image(...again)).toMatchObject({ status: 'active', disk_format: 'vmdk' });
    });

    it('has the format that it was converted to, whatever the image elsewhere has that it is of', () => {
      const adopted = { disk_format: 'vmdk', container_format: 'ovf', properties: {} };
      const taken = { ...store('local', prepared), adopted } as ShortCommand;
      const elsewhere = image(create(), requestDownload, startImport(), taken);
      expect(elsewhere).toMatchObject({ disk_format: 'qcow2', container_format: 'ovf' });
    });
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
