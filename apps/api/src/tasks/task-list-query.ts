import { taskFilters, taskSortKeys, taskStatuses, taskTypes, type TaskListQuery } from '#catalog';
import { badRequest } from '../http/fault.js';
import { parseLimit, parseSortDir, word } from '../http/page-params.js';
import { isImageId } from '../images/image-id.js';

const defaultLimit = 25;
const maxLimit = 1000;

/** Query parameters of `GET /v2/tasks`; others are passed over, as Glance does. @throws Fault 400 */
export function parseTaskListQuery(params: URLSearchParams): TaskListQuery {
  // Of a parameter that is given twice Glance takes the last.
  const get = (name: string) => params.getAll(name).at(-1);
  const given = taskFilters.map((name) => [name, get(name)] as const).filter(([, value]) => value);
  const { type, status, ...others } = Object.fromEntries(given) as Record<string, string>;
  return {
    filters: {
      ...others,
      ...(type !== undefined && { type: word('type', type, taskTypes) }),
      ...(status !== undefined && { status: word('status', status, taskStatuses) }),
    },
    sortKey: word('sort_key', get('sort_key') ?? 'created_at', taskSortKeys),
    sortDir: parseSortDir(get('sort_dir')),
    limit: Math.min(parseLimit(get('limit')) ?? defaultLimit, maxLimit),
    marker: parseMarker(get('marker')),
  };
}

function parseMarker(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (!isImageId(text)) throw badRequest(`Invalid marker ${JSON.stringify(text)}: give the id of the last task seen`);
  return text.toLowerCase();
}
