import type { Image, ImageState, Import } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { insertRows } from '../insert-rows.js';

export const taskTypes = ['import', 'api_image_import', 'location_import'] as const;
export type TaskType = (typeof taskTypes)[number];
export const taskStatuses = ['pending', 'processing', 'success', 'failure'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** Glance's `task_time_to_live`: how long a task is shown after its end. */
const keptMs = 48 * 3_600_000;

/** An import as clients see it. */
export interface CatalogTask {
  readonly id: string;
  readonly imageId: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  /** the project that asked for it */
  readonly owner: string | null;
  readonly userId: string;
  readonly requestId: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** why it failed, or its last try did; empty when there is nothing to say */
  readonly message: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** null before its end */
  readonly expiresAt: Date | null;
}

/** Writes a row for each import of an image; of those that a change did not touch the row stays. */
export class TaskProjection implements InlineProjection<ImageState> {
  private readonly upsert: { readonly name: string; readonly text: string };
  private readonly insert: ReturnType<typeof insertRows>;

  constructor(schema = 'catalog') {
    this.insert = insertRows(schema, 'tasks', columns);
    this.upsert = { name: `${schema}-upsert-task`, text: upsertText(schema) };
  }

  project({ id, before, state }: AggregateChange<ImageState>): Statement[] {
    const changed = state?.imports.filter((one) => !before?.imports.includes(one)) ?? [];
    return changed.map((one) => ({ ...this.upsert, values: valuesOf(taskOf({ id }, one)) }));
  }

  projectNew(changes: readonly AggregateChange<ImageState>[]): Statement[] {
    const tasks = changes.flatMap(({ id, state }) => state?.imports.map((one) => taskOf({ id }, one)) ?? []);
    return this.insert(tasks.map(rowOf));
  }
}

export function taskOf({ id: imageId }: Pick<Image, 'id'>, one: Import): CatalogTask {
  const { task: id, requestId, requestedBy, requestedAt: createdAt, updatedAt } = one;
  const ended = one.state !== 'waiting' && one.state !== 'running';
  return {
    ...{ id, imageId, requestId, createdAt, updatedAt },
    type: typeOf(one),
    status: statusOf(one),
    owner: requestedBy.projectId,
    userId: requestedBy.userId,
    input: one.taskInput
      ? { ...one.taskInput }
      : { image_id: imageId, import_req: { method: one.method, stores: one.stores } },
    message: one.failure ?? '',
    expiresAt: ended ? new Date(updatedAt.getTime() + keptMs) : null,
  };
}

function typeOf({ taskInput, method }: Import): TaskType {
  if (taskInput) return 'import';
  return method.name === 'location' ? 'location_import' : 'api_image_import';
}

/** What waits for its next try has begun: tasks do not go back. */
function statusOf({ state, attempt }: Import): TaskStatus {
  if (state === 'waiting') return attempt === 0 ? 'pending' : 'processing';
  return ({ running: 'processing', succeeded: 'success', failed: 'failure', cancelled: 'failure' } as const)[state];
}

const columns = [
  ...['id', 'image_id', 'type', 'status', 'owner', 'user_id', 'request_id', 'input', 'message'],
  ...['created_at', 'updated_at', 'expires_at'],
];

const rowOf = (task: CatalogTask) => {
  const values = valuesOf(task);
  return { ...Object.fromEntries(columns.map((column, index) => [column, values[index]])), input: task.input };
};

function valuesOf(task: CatalogTask): unknown[] {
  const { id, imageId, type, status, owner, userId, requestId, input, message } = task;
  const { createdAt, updatedAt, expiresAt } = task;
  const asked = JSON.stringify(input);
  return [id, imageId, type, status, owner, userId, requestId, asked, message, createdAt, updatedAt, expiresAt];
}

function upsertText(schema: string): string {
  const moving = ['status', 'message', 'updated_at', 'expires_at'].map((column) => `${column} = excluded.${column}`);
  return `insert into ${schema}.tasks (${columns.join(', ')})
    values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
    on conflict (id, image_id) do update set ${moving.join(', ')}`;
}
