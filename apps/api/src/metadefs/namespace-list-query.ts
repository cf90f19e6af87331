import { namespaceSortKeys, type NamespaceListQuery, type Viewer } from '#catalog';
import { namespaceVisibilities } from '#domain';
import { parseLimit, parseSortDir, word } from '../http/page-params.js';

const defaultLimit = 25;
const maxLimit = 1000;

/** Query parameters of `GET /v2/metadefs/namespaces`; others are passed over, as Glance does. @throws Fault 400 */
export function parseNamespaceListQuery(params: URLSearchParams, viewer: Viewer): NamespaceListQuery {
  // Of a parameter that is given twice Glance takes the last.
  const get = (name: string) => params.getAll(name).at(-1);
  const visibility = get('visibility');
  return {
    viewer,
    visibility: visibility ? word('visibility', visibility, namespaceVisibilities) : undefined,
    resourceTypes: get('resource_types')?.split(','),
    sortKey: word('sort_key', get('sort_key') ?? 'created_at', namespaceSortKeys),
    sortDir: parseSortDir(get('sort_dir')),
    limit: Math.min(parseLimit(get('limit')) ?? defaultLimit, maxLimit),
    marker: get('marker'),
  };
}
