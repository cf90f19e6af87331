import type { CatalogNamespace } from '#catalog';
import { DomainError } from '#domain';
import { parseLimit, parseSortDir, word } from '../http/page-params.js';

type Tag = CatalogNamespace['tags'][number];

const sortValues: Readonly<Record<'name' | 'created_at' | 'updated_at' | 'id', (tag: Tag) => string | number>> = {
  name: ({ name }) => name,
  created_at: ({ createdAt }) => createdAt.getTime(),
  updated_at: ({ updatedAt }) => updatedAt.getTime(),
  // The order of age decides.
  id: () => 0,
};

/** The tags that the query parameters ask for; without a limit all after the marker. @throws Fault 400 */
export function pageOfTags({ namespace, tags }: CatalogNamespace, params: Readonly<Record<string, string>>): Tag[] {
  const { marker, limit, sort_key: key = 'created_at', sort_dir: dir } = params;
  const value = sortValues[word('sort_key', key, Object.keys(sortValues) as (keyof typeof sortValues)[])];
  const sign = parseSortDir(dir) === 'asc' ? 1 : -1;
  const count = limit ? parseLimit(limit) : undefined;
  const ordered = tags
    .map((tag, age) => ({ tag, by: [value(tag), tag.createdAt.getTime(), age] }))
    .sort((a, b) => sign * compare(a.by, b.by))
    .map(({ tag }) => tag);
  const last = marker ? ordered.findIndex(({ name }) => name === marker) : -1;
  if (marker && last < 0) throw new DomainError('definition-not-found', { kind: 'tag', name: marker, namespace });
  return ordered.slice(last + 1, count === undefined ? undefined : last + 1 + count);
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]!;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
