import { unreachable } from '../aggregate.js';
import type { ImageEvent } from './events.js';
import type { Blob, BlobRef, BlobState, Image, ImageState, Import, MemberStatus } from './image.js';

/** The image after the event. Never refuses: what is in the log has happened. */
export function evolve(state: ImageState, event: ImageEvent, at: Date): ImageState {
  if (event.type === 'ImageCreated') return created(event.data, at);
  if (state === undefined) throw new Error(`${event.type} before ImageCreated`);
  const image = state;
  const touched = (change: Partial<Image>): Image => ({ ...image, ...change, updatedAt: at });

  switch (event.type) {
    case 'ImageAttributesChanged':
      return touched(targets(event.data.changes));
    case 'ImagePropertiesChanged':
      return touched({ properties: withChanges(image.properties, event.data.changes) });
    case 'ImageTagAdded':
      return touched({ tags: [...image.tags, event.data.tag] });
    case 'ImageTagRemoved':
      return touched({ tags: image.tags.filter((tag) => tag !== event.data.tag) });
    case 'ImageVisibilityChanged':
      return touched({ visibility: event.data.to });
    case 'ImageProtectionChanged':
      return touched({ protected: event.data.to });
    case 'ImageOwnerChanged':
      return touched({ owner: event.data.to });

    case 'ImageUploadStarted': {
      const { attempt, kind, store, key, status } = event.data;
      const blobs = [...image.blobs, { store, key, state: 'writing' as const, since: at }];
      return touched({ status: status.to, upload: { attempt, kind, store, key }, blobs });
    }
    case 'ImageUploadFailed':
      return touched({
        status: event.data.status.to,
        upload: null,
        failure: event.data.reason,
        blobs: marked(image.blobs, event.data, 'doomed', at),
      });
    case 'ImageDataStaged':
      return touched({ upload: null, failure: null, blobs: marked(image.blobs, event.data, 'staged', at) });

    case 'ImageImportRequested': {
      const { task, request_id: requestId, method, stores, requested_by: by, status } = event.data;
      const requested: Import = {
        task,
        requestId,
        method,
        stores,
        requestedAt: at,
        requestedBy: { userId: by.user_id, projectId: by.project_id },
        attempt: 0,
        state: 'waiting',
        notBefore: at,
        worker: null,
        failure: null,
        updatedAt: at,
      };
      return touched({ status: status.to, failure: null, imports: [...image.imports, requested] });
    }
    case 'ImageImportStarted': {
      const { store, key, attempt, worker } = event.data;
      const imports = lastImport(image, { state: 'running', attempt, worker, updatedAt: at });
      return touched({ imports, blobs: [...image.blobs, { store, key, state: 'writing', since: at }] });
    }
    case 'ImageImportFailed': {
      const { reason, retry_at: retryAt, status } = event.data;
      const gaveUp = retryAt === null;
      return touched({
        status: status.to,
        failure: reason,
        blobs: image.blobs.map((blob) =>
          blob.state === 'writing' || (gaveUp && blob.state === 'staged')
            ? { ...blob, state: 'doomed', since: at }
            : blob,
        ),
        imports: lastImport(image, {
          state: gaveUp ? 'failed' : 'waiting',
          notBefore: gaveUp ? at : new Date(retryAt),
          failure: reason,
          updatedAt: at,
        }),
      });
    }
    case 'ImageDataUploaded': {
      const { size, md5, sha512, virtual_size: virtualSize } = event.data;
      const data = {
        size: BigInt(size),
        md5,
        sha512,
        virtualSize: virtualSize === null ? null : BigInt(virtualSize),
      };
      return touched({ data, upload: null, failure: null, blobs: marked(image.blobs, event.data, 'live', at) });
    }
    case 'ImageDataCopied':
      return touched({ blobs: marked(image.blobs, event.data, 'live', at) });
    case 'ImageDataRemoved':
      return touched({ blobs: marked(image.blobs, event.data, 'doomed', at) });
    case 'ImageActivated':
      return touched({
        status: event.data.status.to,
        imports: lastImport(image, { state: 'succeeded', failure: null, updatedAt: at }),
        blobs: image.blobs.map((blob) => (blob.state === 'staged' ? { ...blob, state: 'doomed', since: at } : blob)),
      });
    case 'ImageDeactivated':
    case 'ImageReactivated':
      return touched({ status: event.data.status.to });

    // Members are the image's guests: their coming and going is no change of the image itself (Glance keeps updated_at).
    case 'ImageMemberAdded':
      return withMember(image, event.data.member, 'pending', at);
    case 'ImageMemberAccepted':
      return withMember(image, event.data.member, 'accepted', at);
    case 'ImageMemberRejected':
      return withMember(image, event.data.member, 'rejected', at);
    case 'ImageMemberPended':
      return withMember(image, event.data.member, 'pending', at);
    case 'ImageMemberRemoved': {
      const { [event.data.member]: _removed, ...members } = image.members;
      return { ...image, members };
    }

    case 'ImageDeleted':
      return touched({
        status: 'deleted',
        deletedAt: at,
        upload: null,
        blobs: image.blobs.map((blob) => ({ ...blob, state: 'doomed', since: at })),
        imports: image.imports.map((one, index) =>
          index === image.imports.length - 1 && (one.state === 'waiting' || one.state === 'running')
            ? { ...one, state: 'failed', failure: 'the image was deleted', updatedAt: at }
            : one,
        ),
      });
    case 'ImageDataPurged':
      return { ...image, blobs: image.blobs.filter((blob) => !event.data.blobs.some((gone) => same(blob, gone))) };
    default:
      return unreachable(event);
  }
}

function created(data: Extract<ImageEvent, { type: 'ImageCreated' }>['data'], at: Date): Image {
  return {
    ...data.attributes,
    id: data.id,
    status: 'queued',
    tags: data.tags,
    properties: data.properties,
    members: {},
    data: null,
    blobs: [],
    upload: null,
    imports: [],
    failure: null,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  };
}

const same = (a: BlobRef, b: BlobRef) => a.store === b.store && a.key === b.key;

/** The blob in its new state; one that was not known before is added. */
function marked(blobs: readonly Blob[], { store, key }: BlobRef, state: BlobState, since: Date): Blob[] {
  return [...blobs.filter((blob) => !same(blob, { store, key })), { store, key, state, since }];
}

function lastImport(image: Image, change: Partial<Import>): Import[] {
  const last = image.imports.at(-1);
  return last ? [...image.imports.slice(0, -1), { ...last, ...change }] : [];
}

function targets(changes: Extract<ImageEvent, { type: 'ImageAttributesChanged' }>['data']['changes']): Partial<Image> {
  return Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, change.to]));
}

function withChanges(
  properties: Image['properties'],
  changes: Extract<ImageEvent, { type: 'ImagePropertiesChanged' }>['data']['changes'],
): Record<string, string> {
  const result = new Map(Object.entries(properties));
  for (const [name, { to }] of Object.entries(changes)) {
    if (to === null) result.delete(name);
    else result.set(name, to);
  }
  return Object.fromEntries(result);
}

function withMember(image: Image, member: string, status: MemberStatus, at: Date): Image {
  const createdAt = image.members[member]?.createdAt ?? at;
  return { ...image, members: { ...image.members, [member]: { status, createdAt, updatedAt: at } } };
}
