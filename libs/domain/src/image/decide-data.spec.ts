import { describe, expect, it } from '@jest/globals';
import {
  active,
  admin,
  alice,
  at,
  completeImport,
  completeUpload,
  create,
  given,
  id,
  image,
  refused,
  requestDownload,
  startImport,
  startStage,
  startUpload,
  system,
  type ShortCommand,
} from './image.spec-kit.js';

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
