import { unreachable } from '../aggregate.js';
import type { ImageEvent } from './events.js';
import { doomedIf, marked, same, stored, withLocations } from './evolve-blobs.js';
import { liveImport, type Blob, type Image, type ImageState, type Import, type MemberStatus } from './image.js';

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
      const size = event.data.size === null ? null : BigInt(event.data.size);
      const blobs = [...image.blobs, { store, key, state: 'writing' as const, since: at }];
      return touched({ status: status.to, upload: { attempt, kind, store, key, size }, blobs });
    }
    case 'ImageUploadFailed':
      return touched({
        status: event.data.status.to,
        upload: null,
        failure: event.data.reason,
        blobs: marked(image.blobs, event.data, 'doomed', at),
      });
    case 'ImageDataStaged':
      return touched({
        upload: null,
        failure: null,
        blobs: marked(image.blobs, event.data, 'staged', at, { size: BigInt(event.data.size) }),
      });

    case 'ImageImportRequested': {
      const { task, request_id: requestId, method, stores, requested_by: by, status } = event.data;
      const { all_stores_must_succeed: allMustSucceed, task_input: taskInput, roles, bulk } = event.data;
      const requested: Import = {
        task,
        requestId,
        method,
        stores,
        allMustSucceed,
        done: [],
        failed: [],
        requestedAt: at,
        requestedBy: { userId: by.user_id, projectId: by.project_id },
        roles,
        taskInput,
        bulk,
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
      const { stores, key, attempt, worker } = event.data;
      const writing = stores.map((store): Blob => ({ store, key, state: 'writing', since: at }));
      // A location has the same key at every attempt, and the last one's may be doomed still.
      const others = image.blobs.filter((blob) => !writing.some((one) => same(one, blob)));
      const imports = lastImport(image, () => ({ state: 'running', attempt, worker, updatedAt: at }));
      return touched({ imports, blobs: [...others, ...writing] });
    }
    case 'ImageImportToStoreFailed': {
      const { store, reason } = event.data;
      const imports = lastImport(image, ({ failed }) => ({
        failed: [...failed, store],
        failure: reason,
        updatedAt: at,
      }));
      return touched({ imports, blobs: marked(image.blobs, event.data, 'doomed', at) });
    }
    case 'ImageImportFailed':
      return touched(
        event.data.retry_at === null ? givenUp(image, event.data, at) : waitingAgain(image, event.data, at),
      );
    case 'ImageImportCancelled':
      return touched(givenUp(image, event.data, at, 'cancelled'));
    case 'ImageImportCompleted':
      return touched({
        imports: lastImport(image, () => ({ state: 'succeeded', updatedAt: at })),
        blobs: doomedIf(image.blobs, ({ state }) => state === 'staged' || state === 'writing', at),
      });
    case 'ImageDataDecompressed':
      return touched({});
    case 'ImageDataConverted':
      return touched({ imports: lastImport(image, () => ({ convertedTo: event.data.to, updatedAt: at })) });
    case 'ImageDataUploaded': {
      const { store, size, md5, sha512, virtual_size: virtualSize } = event.data;
      const data = {
        size: BigInt(size),
        md5,
        sha512,
        virtualSize: virtualSize === null ? null : BigInt(virtualSize),
      };
      const blobs = stored(image.blobs, event.data, at);
      return touched({ data, upload: null, failure: null, blobs, imports: withDone(image, store, at) });
    }
    case 'ImageLocationsChanged': {
      const { data } = event.data;
      const known = data && { ...data, size: BigInt(data.size), virtualSize: null };
      return touched({
        blobs: withLocations(image.blobs, event.data, at),
        ...(known && { data: known, failure: null }),
      });
    }
    case 'ImageDataCopied':
      return touched({
        blobs: stored(image.blobs, event.data, at),
        imports: withDone(image, event.data.store, at),
      });
    case 'ImageDataRemoved':
      return touched({ blobs: marked(image.blobs, event.data, 'doomed', at) });
    case 'ImageActivated':
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

function lastImport(image: Image, change: (last: Import) => Partial<Import>): Import[] {
  const last = image.imports.at(-1);
  return last ? [...image.imports.slice(0, -1), { ...last, ...change(last) }] : [];
}

/** An upload has no import under way; its data is nobody's step. */
function withDone(image: Image, store: string, at: Date): readonly Import[] {
  return liveImport(image)
    ? lastImport(image, ({ done }) => ({ done: [...done, store], updatedAt: at }))
    : image.imports;
}

type ImportFailed = Extract<ImageEvent, { type: 'ImageImportFailed' }>['data'];

/** The stores that have the data keep it; the next attempt does the rest. */
function waitingAgain(image: Image, { reason, retry_at: retryAt }: ImportFailed, at: Date): Partial<Image> {
  return {
    failure: reason,
    blobs: doomedIf(image.blobs, ({ state }) => state === 'writing', at),
    imports: lastImport(image, () => ({
      state: 'waiting',
      notBefore: new Date(retryAt!),
      failure: reason,
      updatedAt: at,
    })),
  };
}

/** Nothing of an import that had to fill all of its stores stays; otherwise what arrived does. */
function givenUp(
  image: Image,
  { reason, status }: Pick<ImportFailed, 'reason' | 'status'>,
  at: Date,
  state: 'failed' | 'cancelled' = 'failed',
): Partial<Image> {
  const isQueued = status.to === 'queued';
  const last = image.imports.at(-1)!;
  const revoked = (store: string) => isQueued || (last.allMustSucceed && last.done.includes(store));
  return {
    status: status.to,
    failure: reason,
    data: isQueued ? null : image.data,
    blobs: doomedIf(image.blobs, ({ state, store }) => state !== 'live' || revoked(store), at),
    imports: lastImport(image, ({ stores, done }) => ({
      state,
      notBefore: at,
      failed: stores.filter((store) => !done.includes(store) || revoked(store)),
      done: done.filter((store) => !revoked(store)),
      failure: reason,
      updatedAt: at,
    })),
  };
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
