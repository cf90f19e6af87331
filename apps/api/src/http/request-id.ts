import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The client's id when it is a sane one of at most 64 characters, else a new one; always `req-…` as OpenStack's are. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-openstack-request-id'];
  if (typeof given !== 'string' || !/^[\w.-]{1,64}$/.test(given)) return `req-${randomUUID()}`;
  return given.startsWith('req-') ? given : `req-${given}`;
}
