import type { ImageCatalog, ImagePage } from './image-catalog.js';
import type { ImageListQuery, SortTerm, Viewer } from './image-list.query.js';

export const newestFirst: readonly SortTerm[] = [
  { key: 'created_at', dir: 'desc' },
  { key: 'id', dir: 'desc' },
];

/** What `GET /v2/images` asks when it is told nothing, but for all images at once. */
export const listQuery = (viewer: Viewer, given: Partial<ImageListQuery> = {}): ImageListQuery => ({
  viewer,
  filters: [],
  visibility: undefined,
  memberStatus: 'accepted',
  hidden: false,
  sort: newestFirst,
  limit: 1000,
  marker: undefined,
  ...given,
});

export const member = (projectId: string): Viewer => ({ projectId, isAdmin: false });

/** The ids of a page, in its order; its count and last are checked on the way. */
export function idsOf(page: ImagePage | undefined): string[] {
  if (!page) throw new Error('the marker was refused');
  const ids = (JSON.parse(`[${page.documents}]`) as { id: string }[]).map(({ id }) => id);
  if (page.count !== ids.length || page.last !== (ids.at(-1) ?? null))
    throw new Error(`count and last are not of ${ids.join()}`);
  return ids;
}

/** Every page of three, one after the other, as a client follows `next`. */
export async function walkPages(
  catalog: ImageCatalog,
  query: ImageListQuery,
  between: (seen: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const ids = idsOf(await catalog.list({ ...query, limit: 3, marker: seen.at(-1) }));
    seen.push(...ids);
    if (ids.length < 3) return seen;
    await between(seen);
  }
}
