import type { Visibility } from '#domain';
import type { Statement } from '#event-store';
import { propertyLabel, tagLabel } from './label.js';

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

/** Where a branch of a list reads in order, and what it calls the columns that say who lists an image, and where. */
interface Source {
  readonly from: string;
  readonly owner: string;
  readonly visibility: string;
  readonly createdAt: string;
  readonly id: string;
}

const images: Source = {
  from: 'catalog.images',
  ...{ owner: 'owner', visibility: 'visibility', createdAt: 'created_at', id: 'id' },
};

/** The images with one tag, or with one value of a property. */
const labelled = (label: string): Source => ({
  from: `(select * from catalog.labels where label = ${label}) labelled join catalog.images on id = image_id`,
  ...{ owner: 'image_owner', visibility: 'image_visibility', createdAt: 'image_created_at', id: 'image_id' },
});

/**
 * One statement for one page. It answers one row: `documents` (the images as JSON, comma-joined), `count`, `last` (id of
 * the last one) and `marker_found`.
 *
 * What a caller sees is a union of branches (own, public, shared with me, …). Each branch is read in order from an index
 * of its own and cut at the page's size, so that the last page costs what the first does. No other index fits, so that a
 * plan made once for all values is the right one (docs/adr/0014); for its sake the limit is part of the text.
 */
export function imageListStatement(query: ImageListQuery): Statement {
  const values: unknown[] = [];
  const param = (value: unknown, type = 'text') => `$${values.push(value)}::${type}`;
  const project = once(() => param(query.viewer.projectId));
  const page = pageEnd(query, images);

  let markerRow = '';
  if (query.marker !== undefined) {
    const keys = query.sort.map(({ key }, index) => `${sortExpressions[key]} as k${index}`);
    markerRow = `marker as materialized (select ${keys.join(', ')} from catalog.images
      where id = ${param(query.marker, 'uuid')} and ${shownTo(query.viewer, project)}),`;
  }

  const branches = listedBranches(query, project, param).map(({ source, where, filters }) => {
    const after = query.marker === undefined ? [] : [afterMarker(query.sort, source)];
    const conditions = [where, `os_hidden = ${query.hidden}`, ...filters, ...after].join(' and ');
    return `(select images.* from ${source.from} where ${conditions} ${pageEnd(query, source)})`;
  });
  const text = `with ${markerRow}
    page as (select * from (${branches.join(' union all ')}) merged ${page}),
    ordered as (select id, document, row_number() over (order by ${orderBy(query.sort, images)}) as place from page)
    select coalesce(string_agg(document, ',' order by place), '') as documents, count(*)::int as count,
      (select id from ordered order by place desc limit 1) as last,
      ${query.marker === undefined ? 'true' : 'exists (select from marker)'} as marker_found
    from ordered`;
  return { text, values };
}

const pageEnd = ({ sort, limit }: ImageListQuery, source: Source) =>
  `order by ${orderBy(sort, source)} limit ${Math.trunc(limit)}`;

const orderBy = (sort: readonly SortTerm[], source: Source) =>
  sort.map(({ key, dir }) => `${sortExpression(key, source)} ${dir}`).join(', ');

function sortExpression(key: SortKey, source: Source): string {
  if (key === 'created_at') return source.createdAt;
  return key === 'id' ? source.id : sortExpressions[key];
}

type Param = (value: unknown, type?: string) => string;

/** A marker may have left the list since its page was read: it holds its place for whoever may still see it. */
function shownTo({ isAdmin }: Viewer, project: () => string): string {
  if (isAdmin) return 'true';
  return `(owner = ${project()} or visibility in ('public', 'community') or (visibility = 'shared'
    and exists (select from catalog.members where image_id = images.id and member = ${project()})))`;
}

interface Branch {
  readonly source: Source;
  readonly where: string;
  readonly filters: readonly string[];
}

/** Disjoint branches whose union is what the viewer lists. */
function listedBranches(query: ImageListQuery, project: () => string, param: Param): Branch[] {
  const { label, rest } = labelToFollow(query.filters);
  const source = label === undefined ? images : labelled(param(label, 'uuid'));
  const { owner, visibility } = source;
  const filters = rest.map((filter) => condition(filter, param));
  const of = (where: string): Branch => ({ source, where, filters });
  if (query.viewer.isAdmin) return adminBranches(query.visibility, source, project).map(of);

  const own = () => `${owner} = ${project()}`;
  const others = () => `${owner} is distinct from ${project()}`;
  const anyones = (which: Visibility) => of(`${visibility} = '${which}' and ${others()}`);
  // There are few: they are looked up one by one, by whatever they are filtered.
  const invited = (): Branch => {
    const status = query.memberStatus === 'all' ? '' : ` and status = ${param(query.memberStatus)}`;
    const where = `visibility = 'shared' and owner is distinct from ${project()} and id in
      (select image_id from catalog.members where member = ${project()}${status})`;
    return { source: images, where, filters: query.filters.map((filter) => condition(filter, param)) };
  };
  switch (query.visibility) {
    case undefined:
      return [of(own()), anyones('public'), invited()];
    case 'all':
      return [of(own()), anyones('public'), anyones('community'), invited()];
    case 'shared':
      return [of(`${own()} and ${visibility} = 'shared'`), invited()];
    case 'private':
      return [of(`${own()} and ${visibility} = 'private'`)];
    case 'public':
    case 'community':
      return [of(`${visibility} = '${query.visibility}'`)];
  }
}

/** The first tag or property that is asked for: its images are read, and the rest is looked for in them. */
function labelToFollow(filters: readonly ImageFilter[]): { label?: string; rest: readonly ImageFilter[] } {
  const index = filters.findIndex(({ on }) => on === 'tags' || on === 'property');
  const found = filters[index];
  const rest = filters.filter((filter) => filter !== found);
  if (found?.on === 'property') return { label: propertyLabel(found.name, found.value), rest };
  if (found?.on !== 'tags') return { rest: filters };
  const [first, ...more] = found.all;
  return { label: tagLabel(first!), rest: more.length > 0 ? [{ on: 'tags', all: more }, ...rest] : rest };
}

/** An admin sees everything; other projects' community images only when asked for, as they would flood the list. */
function adminBranches(
  visibility: ImageListQuery['visibility'],
  source: Source,
  project: () => string,
): readonly string[] {
  const community = `${source.visibility} = 'community'`;
  const notCommunity = `(${community}) is not true`;
  switch (visibility) {
    case undefined:
      return [notCommunity, `${community} and ${source.owner} = ${project()}`];
    case 'all':
      return [notCommunity, community];
    case 'community':
    case 'public':
      return [`${source.visibility} = '${visibility}'`];
    case 'private':
    case 'shared':
      return [`${notCommunity} and ${source.visibility} = '${visibility}'`];
  }
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
function afterMarker(sort: readonly SortTerm[], source: Source): string {
  const marker = sort.map((_, index) => `(select k${index} from marker)`);
  const expressions = sort.map(({ key }) => sortExpression(key, source));
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
