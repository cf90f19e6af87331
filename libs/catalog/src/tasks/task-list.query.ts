import type { Statement } from '#event-store';
import type { TaskStatus, TaskType } from './task.projection.js';

/** Sort expressions, free of null so that a keyset can compare them. */
const sortExpressions = {
  id: 'id',
  type: 'type',
  status: 'status',
  owner: "coalesce(owner, '')",
  created_at: 'created_at',
  updated_at: 'updated_at',
  expires_at: "coalesce(expires_at, 'infinity')",
} as const;
export type TaskSortKey = keyof typeof sortExpressions;
export const taskSortKeys = Object.keys(sortExpressions) as TaskSortKey[];

/** Columns that a list can be narrowed by, each to one value. */
export const taskFilters = ['type', 'status', 'owner', 'image_id', 'user_id', 'request_id'] as const;
type TaskFilter = (typeof taskFilters)[number];

export interface TaskListQuery {
  readonly filters: Readonly<Partial<Record<TaskFilter, string> & { type: TaskType; status: TaskStatus }>>;
  readonly sortKey: TaskSortKey;
  readonly sortDir: 'asc' | 'desc';
  readonly limit: number;
  /** id of the last task of the page before */
  readonly marker: string | undefined;
}

export const taskColumns = `id, image_id as "imageId", type, status, owner, user_id as "userId",
  request_id as "requestId", input, message, created_at as "createdAt", updated_at as "updatedAt",
  expires_at as "expiresAt"`;

/** Those that have not expired. */
export const kept = '(expires_at is null or expires_at > now())';

/** One statement for one page, in order; the rows have `taskColumns`. Served by tasks_by_age unless it is sorted otherwise. */
export function taskListStatement({ filters, sortKey, sortDir, limit, marker }: TaskListQuery): Statement {
  const keys = [...new Set([sortExpressions[sortKey], 'created_at', 'id'])];
  const named = taskFilters.filter((name) => filters[name] !== undefined);
  const conditions = named.map((name, index) => `${name}::text = $${index + 3}`);
  const beyond = `(${keys.join(', ')}) ${sortDir === 'asc' ? '>' : '<'}
    (select ${keys.join(', ')} from catalog.tasks where id = $1 and ${kept})`;
  return {
    name: ['list-tasks', sortKey, sortDir, ...(marker === undefined ? [] : ['after']), ...named].join('-'),
    text: `select ${taskColumns} from catalog.tasks
      where ${[kept, marker === undefined ? '$1::text is null' : beyond, ...conditions].join(' and ')}
      order by ${keys.map((key) => `${key} ${sortDir}`).join(', ')} limit $2`,
    values: [marker ?? null, limit, ...named.map((name) => filters[name])],
  };
}
