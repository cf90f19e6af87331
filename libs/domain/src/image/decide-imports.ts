import { DomainError } from '../domain-error.js';
import type { ImageLimits } from './attributes.js';
import type { Adopted, DataPreparation, ImageCommandOf } from './commands.js';
import { assertStatus, change, dataFound, missingFormats, needs, reported } from './data-rules.js';
import { changeImage, createImage } from './decide-attributes.js';
import type { ImageEvent } from './events.js';
import { evolve } from './evolve.js';
import {
  liveBlobs,
  liveImport,
  storesLeft,
  type Blob,
  type BulkItem,
  type Image,
  type ImageState,
  type Import,
  type TaskInput,
} from './image.js';
import { assertMay, assertMayUseTasks, type ImageOperation } from './policy.js';
import { isProperty, mayOnProperty, type PropertyProtections } from './property-protections.js';

type Request = ImageCommandOf<'RequestImport'> & {
  readonly taskInput?: TaskInput | null;
  readonly bulk?: BulkItem | null;
};

/** Formats that the task does not give are those of what it imports. */
export function importNewImage(
  command: ImageCommandOf<'ImportNewImage'>,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  const { input, ...common } = command;
  assertMayUseTasks(command.actor);
  const { import_from: uri, import_from_format: format, image_properties: given } = input;
  const attributes = { disk_format: format, container_format: 'bare', ...given };
  return createAndImport({ ...common, attributes, uri, taskInput: input }, limits, protections);
}

export function importItem(
  command: ImageCommandOf<'ImportItem'>,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  const attributes = { container_format: 'bare', ...command.attributes };
  return createAndImport({ ...command, attributes }, limits, protections);
}

function createAndImport(
  {
    uri,
    method: told,
    ...common
  }: Omit<ImageCommandOf<'ImportItem'>, 'type' | 'bulk'> & Pick<Request, 'taskInput' | 'bulk'>,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  const created = createImage({ ...common, type: 'CreateImage' }, limits, protections);
  const image = created.reduce<ImageState>((state, event) => evolve(state, event, common.at), undefined)!;
  const method = { name: told ?? ('web-download' as const), uri };
  const request = { ...common, type: 'RequestImport', method, everywhere: false, allMustSucceed: true } as const;
  return [...created, ...requestImport(request, image)];
}

export function repeatImport(command: ImageCommandOf<'RepeatImport'>, image: Image): ImageEvent[] {
  const last = image.imports.at(-1);
  if (!last) return needs(image, 'repeat the import of', 'one that has ended');
  const { method, stores, allMustSucceed, taskInput, bulk } = last;
  const request = { ...command, type: 'RequestImport', everywhere: false, taskInput, bulk } as const;
  return requestImport({ ...request, method, stores, allMustSucceed }, image);
}

export function requestImport(command: Request, image: Image): ImageEvent[] {
  const { actor, task, requestId, method, allMustSucceed } = command;
  assertMay(operations[method.name], actor, image);
  const running = liveImport(image);
  if (running) throw new DomainError('import-in-progress', { id: image.id, task: running.task });
  assertReady(method.name, image);
  const has = liveBlobs(image).map(({ store }) => store);
  const there = command.stores.find((store) => has.includes(store));
  if (there !== undefined && !command.everywhere)
    throw new DomainError('store-has-data', { id: image.id, store: there });
  const stores = command.stores.filter((store) => !has.includes(store));
  // Copying to where everything is already is done before it begins.
  if (stores.length === 0) return [];
  return [
    {
      type: 'ImageImportRequested',
      data: {
        task,
        request_id: requestId,
        method,
        stores,
        all_stores_must_succeed: allMustSucceed,
        requested_by: { user_id: actor.userId, project_id: actor.projectId },
        roles: method.name === 'glance-download' ? actor.roles : null,
        task_input: command.taskInput ?? null,
        bulk: command.bulk ?? null,
        status: change(image, method.name === 'copy-image' ? image.status : 'importing'),
      },
    },
  ];
}

const operations = {
  'glance-direct': 'import',
  'web-download': 'import',
  'glance-download': 'import',
  'image-service': 'import',
  'copy-image': 'copy',
  location: 'add location to',
} as const satisfies Record<Import['method']['name'], ImageOperation>;

function assertReady(method: Import['method']['name'], image: Image): void {
  switch (method) {
    case 'copy-image':
      assertStatus(image, 'copy', 'active');
      return;
    case 'glance-direct':
      assertStatus(image, 'import', 'uploading');
      if (!image.blobs.some(({ state }) => state === 'staged'))
        needs(image, 'import', 'data that was staged to the end');
      break;
    case 'web-download':
    case 'glance-download':
    case 'image-service':
    case 'location':
      assertStatus(image, 'import', 'queued');
  }
  const missing = missingFormats(image);
  if (missing) needs(image, 'import', `${missing} to be set`);
}

/** A worker's claim: of two workers with the same attempt only one gets it. */
export function startImport(command: ImageCommandOf<'StartImport'>, image: Image): ImageEvent[] {
  const { task, attempt, worker, key } = command;
  const wanted = liveImport(image);
  if (wanted?.task !== task || wanted.state !== 'waiting' || attempt !== wanted.attempt + 1) {
    throw new DomainError('import-already-claimed', { id: image.id, attempt });
  }
  return [{ type: 'ImageImportStarted', data: { task, attempt, worker, stores: storesLeft(wanted), key } }];
}

/** Told of an attempt that is no longer the image's, it is no event: its end was told when it happened. */
export function failImport(command: ImageCommandOf<'FailImport'>, image: Image): ImageEvent[] {
  const { task, attempt, reason, retryAt } = command;
  const running = liveImport(image);
  if (running?.task !== task || running.attempt !== attempt) return [];
  return [importFailed(image, running, reason, retryAt)];
}

/** Of an import that has ended it is no event. */
export function cancelImport({ task, reason }: ImageCommandOf<'CancelImport'>, image: Image): ImageEvent[] {
  const wanted = liveImport(image);
  if (wanted?.task !== task) return [];
  const { attempt } = wanted;
  return [{ type: 'ImageImportCancelled', data: { task, attempt, reason, status: statusGivenUp(image) } }];
}

export function completeImportToStore(
  command: ImageCommandOf<'CompleteImportToStore'>,
  image: Image,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  const { task, attempt, store, found, adopted } = command;
  const { running, blob } = runningStep(command, image);
  const place = { store, key: command.shared ?? blob.key };
  const isLast = storesLeft(running).length === 1;
  const isReady = image.status === 'importing' && (isLast || !running.allMustSucceed);
  const convertedTo = found.converted?.to ?? running.convertedTo;
  const taken = convertedTo ? { ...adopted, disk_format: convertedTo } : adopted;
  return [
    ...(image.data === null ? prepared({ task, attempt }, found) : []),
    image.data === null
      ? { type: 'ImageDataUploaded', data: dataFound(place, `${task}-${attempt}`, found) }
      : { type: 'ImageDataCopied', data: { task, attempt, ...place } },
    ...(isReady && taken ? adopt(taken, image, running, limits, protections) : []),
    ...(isReady ? [{ type: 'ImageActivated' as const, data: { status: change(image, 'active') } }] : []),
    ...(isLast ? [{ type: 'ImageImportCompleted' as const, data: { task, attempt } }] : []),
  ];
}

function prepared(step: { task: string; attempt: number }, { decompressed, converted }: DataPreparation): ImageEvent[] {
  const events: (ImageEvent | undefined)[] = [
    decompressed && {
      type: 'ImageDataDecompressed',
      data: { ...step, format: decompressed.format, size: decompressed.size.toString() },
    },
    converted && {
      type: 'ImageDataConverted',
      data: { ...step, from: reported(converted.from), to: converted.to },
    },
  ];
  return events.filter((event) => event !== undefined);
}

/**
 * With the activation and not before it, so that an import that fails leaves the image as it was. Properties that whoever
 * asked for the import may not set are left out.
 */
function adopt(
  { properties = {}, ...formats }: Partial<Adopted>,
  image: Image,
  { roles, updatedAt: at }: Import,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  const asker = { roles: roles ?? [] };
  const maySet = ([name]: [string, string]) =>
    isProperty(name) &&
    (Object.hasOwn(image.properties, name) ? (['read', 'update'] as const) : (['create'] as const)).every((operation) =>
      mayOnProperty(operation, name, asker, protections),
    );
  const changes = [...Object.entries(formats), ...Object.entries(properties).filter(maySet)].map(
    ([attribute, value]) => ({ op: 'add', attribute, value, mustBeNew: false }) as const,
  );
  const actor = { userId: 'vitrine', projectId: null, roles: ['system', ...asker.roles] };
  return changeImage({ type: 'ChangeImage', actor, at, changes }, image, limits, protections);
}

/** One store is given up. With the last of them the import has an end: completed when any store has the data. */
export function failImportToStore(command: ImageCommandOf<'FailImportToStore'>, image: Image): ImageEvent[] {
  const { task, attempt, store, reason } = command;
  const { running, blob } = runningStep(command, image);
  const gaveUp = { type: 'ImageImportToStoreFailed' as const, data: { task, attempt, store, key: blob.key, reason } };
  if (storesLeft(running).length > 1) return [gaveUp];
  return running.done.length > 0
    ? [gaveUp, { type: 'ImageImportCompleted', data: { task, attempt } }]
    : [gaveUp, importFailed(image, running, reason, null)];
}

function runningStep(
  { task, attempt, store }: { readonly task: string; readonly attempt: number; readonly store: string },
  image: Image,
): { running: Import; blob: Blob } {
  if (image.status === 'deleted') throw new DomainError('image-gone', { id: image.id });
  const running = liveImport(image);
  const blob = image.blobs.find((one) => one.state === 'writing' && one.store === store);
  if (running?.task !== task || running.attempt !== attempt || running.state !== 'running' || !blob) {
    throw new DomainError('data-superseded', { id: image.id, attempt: `${task}-${attempt}` });
  }
  return { running, blob };
}

function importFailed(image: Image, { task, attempt }: Import, reason: string, retryAt: Date | null): ImageEvent {
  const status = retryAt === null ? statusGivenUp(image) : change(image, image.status);
  const retry = retryAt === null ? null : retryAt.toISOString();
  return { type: 'ImageImportFailed', data: { task, attempt, reason, retry_at: retry, status } };
}

const statusGivenUp = (image: Image) => change(image, image.status === 'importing' ? 'queued' : image.status);
