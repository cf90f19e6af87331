import type { Visibility } from '#domain';
import type { Statement } from '#event-store';

/** For whom a list is made. */
export interface Viewer {
  readonly projectId: string | null;
  readonly isAdmin: boolean;
}

export const sortKeys = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const;
export type SortKey = (typeof sortKeys)[number];
export interface SortTerm {
  readonly key: SortKey;
  readonly dir: 'asc' | 'desc';
}

export type Comparison = 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte';

/** One condition on a column, a property or a tag. */
export type ImageFilter =
  | { readonly on: 'text'; readonly column: TextColumn; readonly anyOf: readonly string[] }
  | { readonly on: 'boolean'; readonly column: 'protected'; readonly value: boolean }
  | { readonly on: 'integer'; readonly column: IntegerColumn; readonly comparison: Comparison; readonly value: string }
  | {
      readonly on: 'time';
      readonly column: 'created_at' | 'updated_at';
      readonly comparison: Comparison;
      readonly value: Date;
    }
  | { readonly on: 'property'; readonly name: string; readonly value: string }
  | { readonly on: 'tags'; readonly all: readonly string[] };

export type TextColumn =
  'name' | 'status' | 'container_format' | 'disk_format' | 'owner' | 'checksum' | 'id' | 'os_hash_value';
export type IntegerColumn = 'size' | 'virtual_size' | 'min_disk' | 'min_ram';

export interface ImageListQuery {
  readonly viewer: Viewer;
  readonly filters: readonly ImageFilter[];
  readonly visibility: Visibility | 'all' | undefined;
  readonly memberStatus: 'accepted' | 'pending' | 'rejected' | 'all';
  readonly hidden: boolean;
  /** at least one term; ends in id, so that the order is total */
  readonly sort: readonly SortTerm[];
  readonly limit: number;
  /** id of the last image of the page before */
  readonly marker: string | undefined;
}

const comparisons: Record<Comparison, string> = { eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** Sort expressions, free of null so that a keyset can compare them; the indexes use the same ones. */
const sortExpressions: Record<SortKey, string> = {
  name: "coalesce(name, '')",
  status: 'status',
  container_format: "coalesce(container_format, '')",
  disk_format: "coalesce(disk_format, '')",
  size: 'coalesce(size, -1)',
  id: 'id',
  created_at: 'created_at',
  updated_at: 'updated_at',
};

/**
 * One statement for one page. It answers one row: `documents` (the images as JSON, comma-joined), `count`, `last` (id of
 * the last one) and `marker_found`.
 *
 * What a caller sees is a union of branches (own, public, shared with me, …). Each branch is read in order from an index
 * of its own and cut at the page's size, so that the last page costs what the first does.
 */
export function imageListStatement(query: ImageListQuery): Statement {
  const values: unknown[] = [];
  const param = (value: unknown, type = 'text') => `$${values.push(value)}::${type}`;
  const order = query.sort.map(({ key, dir }) => `${sortExpressions[key]} ${dir}`).join(', ');
  const limit = param(query.limit, 'int');
  const project = once(() => param(query.viewer.projectId));
  const branches = listedBranches(query, project, param);
  const filters = [`os_hidden = ${query.hidden}`, ...query.filters.map((filter) => condition(filter, param))];

  let markerRow = '';
  if (query.marker !== undefined) {
    const keys = query.sort.map(({ key }, index) => `${sortExpressions[key]} as k${index}`);
    markerRow = `marker as materialized (select ${keys.join(', ')} from catalog.images
      where id = ${param(query.marker, 'uuid')} and ${shownTo(query.viewer, project)}),`;
    filters.push(afterMarker(query.sort));
  }

  const pages = branches.map(
    (branch) =>
      `(select * from catalog.images where ${[branch, ...filters].join(' and ')} order by ${order} limit ${limit})`,
  );
  const page =
    pages.length === 1
      ? pages[0]!
      : `(select * from (${pages.join(' union all ')}) merged order by ${order} limit ${limit})`;
  const text = `with ${markerRow} page as ${page},
    ordered as (select id, document, row_number() over (order by ${order}) as place from page)
    select coalesce(string_agg(document, ',' order by place), '') as documents, count(*)::int as count,
      (select id from ordered order by place desc limit 1) as last,
      ${query.marker === undefined ? 'true' : 'exists (select from marker)'} as marker_found
    from ordered`;
  return { text, values };
}

type Param = (value: unknown, type?: string) => string;

/** A marker may have left the list since its page was read: it holds its place for whoever may still see it. */
function shownTo({ isAdmin }: Viewer, project: () => string): string {
  if (isAdmin) return 'true';
  return `(owner = ${project()} or visibility in ('public', 'community') or (visibility = 'shared'
    and exists (select from catalog.members where image_id = images.id and member = ${project()})))`;
}

/** Disjoint conditions whose union is what the viewer lists. */
function listedBranches(
  { viewer, visibility, memberStatus }: ImageListQuery,
  project: () => string,
  param: Param,
): string[] {
  if (viewer.isAdmin) return [adminBranch(visibility, project)];
  const own = () => `owner = ${project()}`;
  const others = () => `owner is distinct from ${project()}`;
  const invited = () => {
    const status = memberStatus === 'all' ? '' : ` and status = ${param(memberStatus)}`;
    return `visibility = 'shared' and ${others()} and id in
      (select image_id from catalog.members where member = ${project()}${status})`;
  };
  switch (visibility) {
    case undefined:
      return [own(), `visibility = 'public' and ${others()}`, invited()];
    case 'all':
      return [own(), `visibility = 'public' and ${others()}`, `visibility = 'community' and ${others()}`, invited()];
    case 'shared':
      return [`${own()} and visibility = 'shared'`, invited()];
    case 'private':
      return [`${own()} and visibility = 'private'`];
    case 'public':
    case 'community':
      return [`visibility = '${visibility}'`];
  }
}

/** An admin sees everything; other projects' community images only when asked for, as they would flood the list. */
function adminBranch(visibility: Visibility | 'all' | undefined, project: () => string): string {
  if (visibility === 'all') return 'true';
  if (visibility !== undefined) return `visibility = '${visibility}'`;
  return `(visibility <> 'community' or owner = ${project()})`;
}

/** A parameter that is made only when used: PostgreSQL cannot tell the type of one that is not. */
function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

function condition(filter: ImageFilter, param: Param): string {
  switch (filter.on) {
    case 'text': {
      // What is no UUID is no image's id.
      if (filter.column === 'id') return `id = any(${param(filter.anyOf.filter(isUuid), 'uuid[]')})`;
      // The indexes on names hold the empty one for none, which it is not.
      const column = filter.column === 'name' ? "name is not null and coalesce(name, '')" : filter.column;
      const [only, ...more] = filter.anyOf;
      return more.length === 0 ? `${column} = ${param(only)}` : `${column} = any(${param(filter.anyOf, 'text[]')})`;
    }
    case 'boolean':
      return `${filter.column} = ${filter.value}`;
    case 'integer':
      return `${filter.column} ${comparisons[filter.comparison]} ${param(filter.value, 'numeric')}`;
    case 'time':
      // The API shows whole seconds, so whole seconds are compared.
      return `date_trunc('second', ${filter.column}) ${comparisons[filter.comparison]} ${param(filter.value, 'timestamptz')}`;
    case 'property':
      return `properties @> ${param(JSON.stringify({ [filter.name]: filter.value }), 'jsonb')}`;
    case 'tags':
      return `tags @> ${param(filter.all, 'text[]')}`;
  }
}

/** Strictly after the marker in the sort order. */
function afterMarker(sort: readonly SortTerm[]): string {
  const marker = sort.map((_, index) => `(select k${index} from marker)`);
  const expressions = sort.map(({ key }) => sortExpressions[key]);
  const [first] = sort;
  if (sort.every(({ dir }) => dir === first!.dir)) {
    return `(${expressions.join(', ')}) ${first!.dir === 'asc' ? '>' : '<'} (${marker.join(', ')})`;
  }
  const alternatives = sort.map(({ dir }, index) => {
    const equal = expressions.slice(0, index).map((expression, before) => `${expression} = ${marker[before]!}`);
    return `(${[...equal, `${expressions[index]!} ${dir === 'asc' ? '>' : '<'} ${marker[index]!}`].join(' and ')})`;
  });
  return `(${alternatives.join(' or ')})`;
}
