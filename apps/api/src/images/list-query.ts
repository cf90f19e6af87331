import {
  sortKeys,
  type Comparison,
  type ImageFilter,
  type ImageListQuery,
  type IntegerColumn,
  type SortKey,
  type SortTerm,
  type TextColumn,
  type Viewer,
} from '#catalog';
import { visibilities, type Visibility } from '#domain';
import { badRequest } from '../http/fault.js';
import { isImageId } from './image-id.js';

const defaultLimit = 25;
const maxLimit = 1000;

/** Query parameters of `GET /v2/images` (Image API v2, "List images") as a catalogue query. @throws Fault 400 */
export function parseListQuery(params: URLSearchParams, viewer: Viewer): ImageListQuery {
  return {
    viewer,
    limit: parseLimit(params.get('limit')),
    marker: parseMarker(params.get('marker')),
    sort: parseSort(params),
    visibility: parseVisibility(params.get('visibility')),
    memberStatus: parseMemberStatus(params.get('member_status')),
    hidden: parseHidden(params.get('os_hidden')),
    filters: [...params.keys()].filter(firstOfItsName).flatMap((name) => parseFilter(name, params)),
  };
}

const firstOfItsName = (name: string, index: number, names: string[]) => names.indexOf(name) === index;

function parseLimit(text: string | null): number {
  if (text === null) return defaultLimit;
  if (!/^-?\d+$/.test(text)) throw badRequest(`limit must be an integer, not ${JSON.stringify(text)}`);
  if (text.startsWith('-')) throw badRequest('limit must be non-negative');
  return Math.min(Number(text), maxLimit);
}

function parseMarker(text: string | null): string | undefined {
  if (text === null) return undefined;
  if (!isImageId(text)) throw badRequest(`Invalid marker ${JSON.stringify(text)}: give the id of the last image seen`);
  return text.toLowerCase();
}

function parseVisibility(text: string | null): Visibility | 'all' | undefined {
  if (text === null) return undefined;
  return word<Visibility | 'all'>('visibility', text, [...visibilities, 'all']);
}

function parseMemberStatus(text: string | null): ImageListQuery['memberStatus'] {
  return text === null ? 'accepted' : word('member_status', text, ['accepted', 'pending', 'rejected', 'all']);
}

function parseHidden(text: string | null): boolean {
  return text !== null && word('os_hidden', text.toLowerCase(), ['true', 'false']) === 'true';
}

function word<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === text);
  if (found === undefined)
    throw badRequest(`${name} must be one of ${allowed.join(', ')}, not ${JSON.stringify(text)}`);
  return found;
}

/** `sort=name:asc,created_at`, or sort_key and sort_dir repeated; the order is made total by created_at and id. */
function parseSort(params: URLSearchParams): SortTerm[] {
  const combined = params.get('sort');
  const keys = params.getAll('sort_key');
  const dirs = params.getAll('sort_dir');
  if (combined !== null && (keys.length > 0 || dirs.length > 0)) {
    throw badRequest('Use either sort or sort_key and sort_dir, not both.');
  }
  if (combined !== null) return total(combined.split(',').map(parseSortTerm), 'desc');
  if (dirs.length > 1 && dirs.length !== Math.max(keys.length, 1)) {
    throw badRequest('Give sort_dir once, or once for every sort_key.');
  }
  const fallback = dirs.length === 1 ? parseDir(dirs[0]!) : 'desc';
  const terms = (keys.length > 0 ? keys : ['created_at']).map((key, index) => ({
    key: parseSortKey(key),
    dir: dirs.length > 1 ? parseDir(dirs[index]!) : fallback,
  }));
  return total(terms, fallback);
}

function parseSortTerm(text: string): SortTerm {
  const [key = '', dir = 'desc', ...rest] = text.trim().split(':');
  if (rest.length > 0) throw badRequest(`sort: ${JSON.stringify(text)} is not key or key:direction`);
  return { key: parseSortKey(key), dir: parseDir(dir) };
}

const parseSortKey = (text: string): SortKey => word('sort key', text, sortKeys);
const parseDir = (text: string) => word('sort direction', text, ['asc', 'desc']);

function total(terms: readonly SortTerm[], dir: SortTerm['dir']): SortTerm[] {
  const missing = (['created_at', 'id'] as const).filter((key) => terms.every((term) => term.key !== key));
  return [...terms, ...missing.map((key) => ({ key, dir }))];
}

/** Parameters that are no filters, or are parsed above. */
const notFilters = new Set([
  ...['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'visibility', 'member_status', 'os_hidden'],
]);
const textColumns = new Set([
  'name',
  'status',
  'container_format',
  'disk_format',
  'owner',
  'checksum',
  'id',
  'os_hash_value',
]);
const listColumns = new Set(['name', 'status', 'container_format', 'disk_format', 'id']);
const integerColumns = new Set(['size', 'virtual_size', 'min_disk', 'min_ram']);

function parseFilter(name: string, params: URLSearchParams): ImageFilter[] {
  if (notFilters.has(name)) return [];
  const text = params.get(name)!;
  if (name === 'changes-since') throw badRequest('The "changes-since" filter is no longer available on v2.');
  if (name === 'tag') return [{ on: 'tags', all: params.getAll('tag') }];
  if (name === 'protected')
    return [{ on: 'boolean', column: name, value: word(name, text, ['true', 'false']) === 'true' }];
  if (name === 'size_min' || name === 'size_max') {
    return [
      { on: 'integer', column: 'size', comparison: name === 'size_min' ? 'gte' : 'lte', value: integer(name, text) },
    ];
  }
  if (name === 'created_at' || name === 'updated_at') return [timeFilter(name, text)];
  if (textColumns.has(name)) return [textFilter(name as TextColumn, text)];
  if (integerColumns.has(name)) {
    return [{ on: 'integer', column: name as IntegerColumn, comparison: 'eq', value: integer(name, text) }];
  }
  return [{ on: 'property', name, value: text }];
}

function integer(name: string, text: string): string {
  if (!/^-?\d{1,19}$/.test(text)) throw badRequest(`${name} must be an integer, not ${JSON.stringify(text)}`);
  return text;
}

function textFilter(column: TextColumn, text: string): ImageFilter {
  const anyOf = listColumns.has(column) && text.startsWith('in:') ? splitQuoted(text.slice(3)) : [text];
  return { on: 'text', column, anyOf: column === 'id' ? anyOf.map((id) => id.toLowerCase()) : anyOf };
}

/** `a,"b,c"` → a and b,c; a doubled or open quote is an error. */
function splitQuoted(text: string): string[] {
  if (!/^("[^"]*"|[^",]*)(,("[^"]*"|[^",]*))*$/.test(text)) {
    throw badRequest(`in: takes values with commas in double quotes; ${JSON.stringify(text)} is not of that form`);
  }
  return [...text.matchAll(/"([^"]*)"|([^",]+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

function timeFilter(column: 'created_at' | 'updated_at', text: string): ImageFilter {
  const [, operator = 'eq', time = ''] = /^(?:(eq|neq|gt|gte|lt|lte):)?(.*)$/s.exec(text) ?? [];
  const withZone = /[zZ]$|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`;
  const value = new Date(withZone);
  if (!/^\d{4}-\d\d-\d\d/.test(time) || Number.isNaN(value.getTime())) {
    throw badRequest(
      `${column} must be an ISO 8601 time, such as gte:2026-01-31T12:00:00Z, not ${JSON.stringify(text)}`,
    );
  }
  return { on: 'time', column, comparison: operator as Comparison, value };
}
