import { imageTime, readableInput, withShownUrls, type CatalogTask, type Readable } from '#catalog';
import type { Actor } from '#domain';
import type { ReadableProperties } from '../images/readable-properties.js';

export const taskPath = (id: string) => `/v2/tasks/${id}`;

/** A task as lists show it (Image API v2, "List tasks"). */
export function taskStub({ id, type, status, owner, createdAt, updatedAt, expiresAt }: CatalogTask): object {
  return {
    ...{ id, type, status, owner },
    created_at: imageTime(createdAt),
    updated_at: imageTime(updatedAt),
    ...(expiresAt && { expires_at: imageTime(expiresAt) }),
    self: taskPath(id),
    schema: '/v2/schemas/task',
  };
}

/** The whole task (Image API v2, "Show task details"). */
export function taskView(task: CatalogTask, readable: ReadableProperties, actor: Actor): object {
  return { ...taskStub(task), ...details(task, readable, actor) };
}

/** One of an image's tasks (Image API v2, "List image tasks"): times with microseconds and no zone, as Glance shows them here. */
export function imageTaskView(task: CatalogTask, readable: ReadableProperties, actor: Actor): object {
  const { id, type, status, owner, createdAt, updatedAt, expiresAt } = task;
  return {
    ...{ id, type, status, owner },
    ...details(task, readable, actor),
    created_at: microseconds(createdAt),
    updated_at: microseconds(updatedAt),
    expires_at: expiresAt && microseconds(expiresAt),
  };
}

function details(task: CatalogTask, readable: ReadableProperties, actor: Actor): object {
  const { status, imageId, userId, requestId, message } = task;
  return {
    ...{ user_id: userId, request_id: requestId, image_id: imageId, message },
    input: inputOf(task, (values) => readable.part(values, actor)),
    result: status === 'success' ? { image_id: imageId } : null,
  };
}

/** Whoever sees an image sees its tasks; what opens the address that it came from is not his to know. */
function inputOf({ input }: CatalogTask, readable: Readable): object {
  const { image_properties: properties, ...rest } = readableInput(input, readable);
  return { ...withShownUrls(rest), ...(properties !== undefined && { image_properties: properties }) };
}

const microseconds = (time: Date) => `${time.toISOString().slice(0, 23)}000`;
