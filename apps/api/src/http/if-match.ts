import { badRequest } from './fault.js';

const tag = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/;
const list = new RegExp(String.raw`^\s*(?:${tag.source})?(?:\s*,\s*(?:${tag.source})?)*\s*$`);

/** The entity tag of an image at one version of its stream. */
export const entityTag = (version: number) => `"${version}"`;

/**
 * The versions that an If-Match header allows (RFC 9110, 13.1.1); undefined when it allows any. Weak tags never match,
 * and neither does what is no tag of ours. @throws Fault 400
 */
export function versionsOf(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  if (ifMatch.trim() === '' || !list.test(ifMatch)) {
    throw badRequest('If-Match must be * or a list of entity tags, such as "7".');
  }
  return [...ifMatch.matchAll(new RegExp(tag, 'g'))]
    .filter(([, weak, opaque = '']) => weak === undefined && /^[1-9]\d{0,14}$/.test(opaque))
    .map(([, , opaque]) => Number(opaque));
}
