import { historyFilters, type HistoryQuery } from '#catalog';
import { badRequest } from '../http/fault.js';
import { parseLimit, word } from '../http/page-params.js';
import { isImageId } from '../images/image-id.js';

const maxLimit = 1_000;
const largest = 2n ** 63n - 1n;

/** How a list is cut into pages. */
export interface PageShape {
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

/** How a list of events is paged. */
export interface EventPaging extends PageShape {
  /** position of the last event of the page before */
  readonly cursor: bigint | undefined;
}

/** A place in the log: a position, or all that was recorded up to a time. */
export type Moment = { readonly position: bigint } | { readonly time: Date };

/** @throws Fault 400 */
export function parsePaging(params: URLSearchParams, defaults: PageShape): EventPaging {
  const cursor = params.get('cursor');
  return {
    ...parseShape(params, defaults),
    cursor: cursor === null ? undefined : parsePosition('cursor', cursor),
  };
}

/** @throws Fault 400 */
export function parseShape(params: URLSearchParams, defaults: PageShape): PageShape {
  return {
    order: word('order', params.get('order') ?? defaults.order, ['asc', 'desc']),
    limit: Math.min(parseLimit(params.get('limit') ?? undefined, 1) ?? defaults.limit, maxLimit),
  };
}

/** The positions between which the next page lies, themselves left out. */
export function boundsOf({ order, cursor }: EventPaging): Pick<HistoryQuery, 'after' | 'before'> {
  const all = { after: 0n, before: largest };
  if (cursor === undefined) return all;
  return order === 'asc' ? { ...all, after: cursor } : { ...all, before: cursor };
}

/** @throws Fault 400: what is misspelt would otherwise find everything */
export function assertKnown(params: URLSearchParams, known: readonly string[]): void {
  const names = [...params.keys()];
  const strange = names.find((name, index) => !known.includes(name) || names.indexOf(name) !== index);
  if (strange !== undefined) {
    throw badRequest(`${JSON.stringify(strange)} is not understood, or given twice; there are ${known.join(', ')}`);
  }
}

/** @throws Fault 400 */
export function parseFilters(params: URLSearchParams): HistoryQuery['filters'] {
  const given = historyFilters.flatMap((name) => {
    const value = params.get(name);
    return value === null ? [] : [[name, name === 'image' ? imageId(value) : value] as const];
  });
  return Object.fromEntries(given);
}

function imageId(text: string): string {
  if (!isImageId(text)) throw badRequest(`image must be the id of an image, not ${JSON.stringify(text)}`);
  return text.toLowerCase();
}

/** A number is a position, everything else a time. @throws Fault 400 */
export function parseMoment(name: string, text: string): Moment {
  return /^\d+$/.test(text) ? { position: parsePosition(name, text) } : { time: parseTime(name, text) };
}

/** @throws Fault 400 */
export function parsePosition(name: string, text: string): bigint {
  if (!/^\d{1,19}$/.test(text) || BigInt(text) > largest) {
    throw badRequest(`${name} must be a position in the log, such as 42, not ${JSON.stringify(text)}`);
  }
  return BigInt(text);
}

/** @throws Fault 400 */
export function parseTime(name: string, text: string): Date {
  const withZone = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`;
  const time = new Date(withZone);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time.getTime())) {
    throw badRequest(`${name} must be an ISO 8601 time, such as 2026-01-31T12:00:00Z, not ${JSON.stringify(text)}`);
  }
  return time;
}
