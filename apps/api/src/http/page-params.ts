import { badRequest } from '../http/fault.js';

/** @throws Fault 400 */
export function parseLimit(text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`limit must be an integer, not ${JSON.stringify(text)}`);
  if (Number(text) < least) throw badRequest(`limit must be at least ${least}`);
  return Number(text);
}

/** @throws Fault 400 */
export function parseSortDir(text = 'desc'): 'asc' | 'desc' {
  return word('sort_dir', text, ['asc', 'desc']);
}

/** @throws Fault 400 */
export function word<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === text);
  if (found === undefined) {
    throw badRequest(`${name} must be one of ${allowed.join(', ')}, not ${JSON.stringify(text)}`);
  }
  return found;
}
