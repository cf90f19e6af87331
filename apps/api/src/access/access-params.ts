import { accessFilters, accessKinds, type AccessPlace, type AccessQuery } from '#catalog';
import { badRequest } from '../http/fault.js';
import { word } from '../http/page-params.js';
import { isImageId } from '../images/image-id.js';

/** @throws Fault 400 */
export function parseAccessFilters(params: URLSearchParams): AccessQuery['filters'] {
  const given = accessFilters.flatMap((name) => {
    const value = params.get(name);
    return value === null ? [] : [[name, checked(name, value)] as const];
  });
  return Object.fromEntries(given);
}

function checked(name: (typeof accessFilters)[number], value: string): string {
  if (name === 'kind') return word('kind', value, accessKinds);
  if (name === 'image' && !isImageId(value)) {
    throw badRequest(`image must be the id of an image, not ${JSON.stringify(value)}`);
  }
  if (name === 'status' && !/^[1-5]\d\d$/.test(value)) {
    throw badRequest(`status must be a status of HTTP, such as 403, not ${JSON.stringify(value)}`);
  }
  return name === 'image' ? value.toLowerCase() : value;
}

export const cursorOf = ({ at, id }: AccessPlace): string => `${at.getTime()}.${id}`;

/** @throws Fault 400 */
export function parseCursor(text: string): AccessPlace {
  const [, ms, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(text) ?? [];
  if (ms === undefined || !isImageId(id)) {
    throw badRequest(`cursor must be one that a page's next link has, not ${JSON.stringify(text)}`);
  }
  return { at: new Date(Number(ms)), id };
}
