import type { NamespaceVisibility } from '#domain';
import type { Statement } from '#event-store';
import type { Viewer } from '../images/image-list.query.js';

/** Sort expressions, free of null so that a keyset can compare them. */
const sortExpressions = {
  namespace: 'namespace',
  display_name: "coalesce(display_name, '')",
  description: "coalesce(description, '')",
  visibility: 'visibility',
  protected: 'protected',
  owner: 'owner',
  created_at: 'created_at',
  updated_at: 'updated_at',
} as const;
export type NamespaceSortKey = keyof typeof sortExpressions;
export const namespaceSortKeys = Object.keys(sortExpressions) as NamespaceSortKey[];

export interface NamespaceListQuery {
  readonly viewer: Viewer;
  readonly visibility: NamespaceVisibility | undefined;
  /** associated with one of these */
  readonly resourceTypes: readonly string[] | undefined;
  readonly sortKey: NamespaceSortKey;
  readonly sortDir: 'asc' | 'desc';
  readonly limit: number;
  /** name of the last namespace of the page before */
  readonly marker: string | undefined;
}

/**
 * One statement for one page. It answers one row: `summaries` (the namespaces as JSON, comma-joined), `count`, `last`
 * (the name of the last one) and `marker_found`.
 */
export function namespaceListStatement(query: NamespaceListQuery): Statement {
  const { viewer, sortKey, sortDir, limit, marker, visibility, resourceTypes } = query;
  const keys = [sortExpressions[sortKey], 'created_at', 'id'];
  const order = keys.map((key) => `${key} ${sortDir}`).join(', ');
  const text = `
    with shown as (select * from catalog.metadef_namespaces where $1::boolean or visibility = 'public' or owner = $2),
    marker as (select ${keys.map((key, index) => `${key} as k${index}`).join(', ')} from shown where namespace = $3),
    page as (
      select namespace, summary, row_number() over (order by ${order}) as place from shown
      where ($3::text is null or (${keys.join(', ')}) ${sortDir === 'asc' ? '>' : '<'} (select k0, k1, k2 from marker))
        and ($4::text is null or visibility = $4) and ($5::text[] is null or resource_types && $5)
      order by ${order} limit $6)
    select coalesce(string_agg(summary, ',' order by place), '') as summaries, count(*)::int as count,
      (select namespace from page order by place desc limit 1) as last,
      ($3::text is null or exists (select from marker)) as marker_found
    from page`;
  const values = [viewer.isAdmin, viewer.projectId, marker ?? null, visibility ?? null, resourceTypes ?? null, limit];
  return { name: `list-namespaces-${sortKey}-${sortDir}`, text, values };
}
