import { DomainError } from '../domain-error.js';
import type { ImageCommandOf } from './commands.js';
import { assertStatus, change, dataFound, missingFormats } from './data-rules.js';
import type { ImageEvent } from './events.js';
import { liveBlobs, type Image } from './image.js';
import { assertMay } from './policy.js';

export function startUpload(command: ImageCommandOf<'StartUpload'>, image: Image): ImageEvent[] {
  const { actor, attempt, kind, store, key, size } = command;
  assertMay(kind, actor, image);
  assertStatus(image, kind, 'queued');
  if (kind === 'upload') {
    const missing = missingFormats(image);
    if (missing) throw new DomainError('formats-unset', { id: image.id, missing });
  }
  const status = change(image, kind === 'upload' ? 'saving' : 'uploading');
  return [{ type: 'ImageUploadStarted', data: { attempt, kind, store, key, status, size: size?.toString() ?? null } }];
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
  const { store, key } = upload;
  const data = dataFound({ store, key: command.shared ?? key }, attempt, command.found);
  if (upload.kind === 'stage') return [{ type: 'ImageDataStaged', data }];
  return [
    { type: 'ImageDataUploaded', data },
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
  assertStatus(image, 'remove data of', 'active');
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
  const blobs = command.blobs
    .filter((gone) => doomed.some((blob) => blob.store === gone.store && blob.key === gone.key))
    .map(({ store, key }) => ({ store, key }));
  return blobs.length === 0 ? [] : [{ type: 'ImageDataPurged', data: { blobs } }];
}
