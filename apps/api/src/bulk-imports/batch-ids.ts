import { hash } from 'node:crypto';

/**
 * The same words make the same UUID (version 8: "custom"), so that a request that is sent again finds what the first one
 * has made.
 */
export function uuidOf(...words: readonly (string | number)[]): string {
  const hex = hash('sha256', JSON.stringify(words));
  const variant = ((parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
