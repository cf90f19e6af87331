import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { sendFault } from './error.filter.js';
import { badRequest } from './fault.js';
import { isReadable } from './request-target.js';

/** Refuses addresses that are no UTF-8 under their percent signs, and queries with what no database can hold. */
export function refuseUnreadable(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const [, path = '', search = ''] = /^([^?]*)(.*)$/s.exec(request.originalUrl) ?? [];
    const escaped = search.match(/(?:%[0-9a-f]{2})+/gi) ?? [];
    if (isReadable(path) && escaped.every((part) => isReadable(part) && !part.includes('%00'))) {
      done();
      return;
    }
    sendFault(badRequest('The address holds characters that cannot be decoded or stored.'), request, reply);
  });
}

/** A JSON body as a value. @throws Fault 400 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw badRequest('The body is not UTF-8.');
  const text = body.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`The body is not valid JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  if (/\\u(?:0000|d[89a-f])/i.test(text) && unstorable.test(JSON.stringify(value))) {
    throw badRequest('The body holds a character that cannot be stored: NUL, or half of a surrogate pair.');
  }
  return value;
}

/** In what JSON.stringify wrote: it escapes of all characters beyond ASCII only those that are no text. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;
