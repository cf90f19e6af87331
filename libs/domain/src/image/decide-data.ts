import { DomainError } from '../domain-error.js';
import type { DataReport, ImageCommandOf } from './commands.js';
import type { Change, ImageEvent } from './events.js';
import { liveBlobs, liveImport, type BlobRef, type Image, type ImageStatus, type Import } from './image.js';
import { assertMay } from './policy.js';

export function startUpload(command: ImageCommandOf<'StartUpload'>, image: Image): ImageEvent[] {
  const { actor, attempt, kind, store, key } = command;
  assertMay(kind, actor, image);
  assertStatus(image, kind, 'queued');
  if (kind === 'upload') {
    const missing = missingFormats(image);
    if (missing) throw new DomainError('formats-unset', { id: image.id, missing });
  }
  const status = change(image, kind === 'upload' ? 'saving' : 'uploading');
  return [{ type: 'ImageUploadStarted', data: { attempt, kind, store, key, status } }];
}

/** Ending an attempt that is no longer the image's is no event: the end was told when it happened. */
export function failUpload(command: ImageCommandOf<'FailUpload'>, image: Image): ImageEvent[] {
  const { upload } = image;
  if (upload?.attempt !== command.attempt) return [];
  const { attempt, kind, store, key } = upload;
  const status = change(image, 'queued');
  return [{ type: 'ImageUploadFailed', data: { attempt, kind, store, key, status, reason: command.reason } }];
}

export function completeUpload(command: ImageCommandOf<'CompleteUpload'>, image: Image): ImageEvent[] {
  const { upload } = image;
  const { attempt } = command;
  if (image.status === 'deleted') throw new DomainError('image-gone', { id: image.id });
  if (upload?.attempt !== attempt) throw new DomainError('data-superseded', { id: image.id, attempt });
  const data = dataFound(upload, attempt, command.found);
  if (upload.kind === 'stage') return [{ type: 'ImageDataStaged', data }];
  return [
    { type: 'ImageDataUploaded', data },
    { type: 'ImageActivated', data: { status: change(image, 'active') } },
  ];
}

export function requestImport(command: ImageCommandOf<'RequestImport'>, image: Image): ImageEvent[] {
  const { actor, task, requestId, method, stores } = command;
  assertMay('import', actor, image);
  const running = liveImport(image);
  if (running) throw new DomainError('import-in-progress', { id: image.id, task: running.task });
  const staged = image.blobs.some((blob) => blob.state === 'staged');
  if (method.name === 'glance-direct') {
    assertStatus(image, 'import', 'uploading');
    if (!staged) needs(image, 'import', 'data that was staged to the end');
  } else {
    assertStatus(image, 'import', 'queued');
  }
  const missing = missingFormats(image);
  if (missing) needs(image, 'import', `${missing} to be set`);
  return [
    {
      type: 'ImageImportRequested',
      data: {
        task,
        request_id: requestId,
        method,
        stores,
        requested_by: { user_id: actor.userId, project_id: actor.projectId },
        status: change(image, 'importing'),
      },
    },
  ];
}

/** A worker's claim: of two workers with the same attempt only one gets it. */
export function startImport(command: ImageCommandOf<'StartImport'>, image: Image): ImageEvent[] {
  const { task, attempt, worker, key } = command;
  const wanted = liveImport(image);
  if (wanted?.task !== task || wanted.state !== 'waiting' || attempt !== wanted.attempt + 1) {
    throw new DomainError('import-already-claimed', { id: image.id, attempt });
  }
  return [{ type: 'ImageImportStarted', data: { task, attempt, worker, store: firstStore(wanted), key } }];
}

export function failImport(command: ImageCommandOf<'FailImport'>, image: Image): ImageEvent[] {
  const { task, attempt, reason, retryAt } = command;
  const running = liveImport(image);
  if (running?.task !== task || running.attempt !== attempt) return [];
  const status = change(image, retryAt === null ? 'queued' : image.status);
  const retry = retryAt === null ? null : retryAt.toISOString();
  return [{ type: 'ImageImportFailed', data: { task, attempt, reason, retry_at: retry, status } }];
}

export function completeImport(command: ImageCommandOf<'CompleteImport'>, image: Image): ImageEvent[] {
  const { task, attempt, found } = command;
  if (image.status === 'deleted') throw new DomainError('image-gone', { id: image.id });
  const running = liveImport(image);
  const blob = image.blobs.find(({ state }) => state === 'writing');
  if (running?.task !== task || running.attempt !== attempt || running.state !== 'running' || !blob) {
    throw new DomainError('data-superseded', { id: image.id, attempt: `${task}-${attempt}` });
  }
  const { key } = blob;
  const copies = running.stores.slice(1).map((store) => ({ store, key, task, attempt }));
  return [
    { type: 'ImageDataUploaded', data: dataFound(blob, `${task}-${attempt}`, found) },
    ...copies.map((data) => ({ type: 'ImageDataCopied' as const, data })),
    { type: 'ImageActivated', data: { status: change(image, 'active') } },
  ];
}

export function deactivate(command: ImageCommandOf<'DeactivateImage'>, image: Image): ImageEvent[] {
  assertMay('deactivate', command.actor, image);
  if (image.status === 'deactivated') return [];
  if (image.status !== 'active')
    throw new DomainError('forbidden', { operation: `deactivate ${image.status}`, id: image.id });
  return [{ type: 'ImageDeactivated', data: { status: change(image, 'deactivated') } }];
}

export function reactivate(command: ImageCommandOf<'ReactivateImage'>, image: Image): ImageEvent[] {
  assertMay('reactivate', command.actor, image);
  if (image.status === 'active') return [];
  if (image.status !== 'deactivated')
    throw new DomainError('forbidden', { operation: `reactivate ${image.status}`, id: image.id });
  return [{ type: 'ImageReactivated', data: { status: change(image, 'active') } }];
}

export function removeDataFromStore(command: ImageCommandOf<'RemoveDataFromStore'>, image: Image): ImageEvent[] {
  const { actor, store } = command;
  assertMay('remove data of', actor, image);
  const live = liveBlobs(image);
  const blob = live.find((one) => one.store === store);
  if (!blob) throw new DomainError('store-not-used', { id: image.id, store });
  if (live.length === 1) throw new DomainError('last-copy', { id: image.id, store });
  return [{ type: 'ImageDataRemoved', data: { store, key: blob.key } }];
}

export function deleteImage(command: ImageCommandOf<'DeleteImage'>, image: Image): ImageEvent[] {
  assertMay('delete', command.actor, image);
  if (image.protected) throw new DomainError('image-protected', { id: image.id });
  const blobs = image.blobs.map(({ store, key }) => ({ store, key }));
  return [{ type: 'ImageDeleted', data: { status: change(image, 'deleted'), blobs } }];
}

/** Told after the bytes are gone; only doomed blobs can go. */
export function purgeData(command: ImageCommandOf<'PurgeData'>, image: Image): ImageEvent[] {
  const doomed = image.blobs.filter((blob) => blob.state === 'doomed');
  const blobs = command.blobs.filter((gone) =>
    doomed.some((blob) => blob.store === gone.store && blob.key === gone.key),
  );
  return blobs.length === 0 ? [] : [{ type: 'ImageDataPurged', data: { blobs } }];
}

const change = (image: Image, to: ImageStatus): Change<ImageStatus> => ({ from: image.status, to });

function dataFound({ store, key }: BlobRef, attempt: string, found: DataReport) {
  return {
    attempt,
    store,
    key,
    size: found.size.toString(),
    md5: found.md5,
    sha512: found.sha512,
    virtual_size: found.virtualSize?.toString() ?? null,
    format: found.format,
  };
}

function firstStore(wanted: Import): string {
  const [store] = wanted.stores;
  if (store === undefined) throw new Error(`import ${wanted.task} names no store`);
  return store;
}

function assertStatus(image: Image, operation: string, wanted: ImageStatus): void {
  if (image.status !== wanted) needs(image, operation, `status ${wanted}`);
}

function needs(image: Image, operation: string, what: string): never {
  throw new DomainError('wrong-status', { id: image.id, status: image.status, operation, needs: what });
}

function missingFormats(image: Image): string {
  return [image.disk_format === null && 'disk_format', image.container_format === null && 'container_format']
    .filter((name) => name !== false)
    .join(' and ');
}
