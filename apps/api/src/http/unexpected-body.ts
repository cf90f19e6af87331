import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { badRequest } from './fault.js';

const ours = /^\/(v2|vitrine\/v1)\//;
/** Beside GET and DELETE: actions, and tags whose name says all. */
const bodiless = /^(POST .*\/(actions\/\w+|tags\/:\w+)|PUT \/v2\/images\/.*\/tags\/:\w+)$/;

/**
 * Refuses a body where none belongs, as Glance does: somebody means something by it that would not happen. Only bytes
 * count: glanceclient sends a Content-Type with everything, openstacksdk an empty body with a tag.
 */
export function refuseUnexpectedBodies(fastify: FastifyInstance): void {
  fastify.addHook('preValidation', async (request) => {
    if (takesNoBody(request) && (await hasBody(request))) throw badRequest('A body is not expected with this request.');
  });
}

function takesNoBody({ method, routeOptions: { url = '' } }: FastifyRequest): boolean {
  return ours.test(url) && (method === 'GET' || method === 'DELETE' || bodiless.test(`${method} ${url}`));
}

async function hasBody({ headers, body, raw }: FastifyRequest): Promise<boolean> {
  if (body !== undefined) return true;
  if (headers['transfer-encoding'] === undefined) return Number(headers['content-length'] ?? 0) > 0;
  return !raw.readableEnded && bringsBytes(raw);
}

/** Of a chunked body nobody knows before it comes whether it is empty. */
function bringsBytes(raw: IncomingMessage): Promise<boolean> {
  return new Promise((resolve, reject) => {
    raw.once('readable', () => resolve(raw.read() !== null));
    raw.once('end', () => resolve(false));
    raw.once('error', reject);
  });
}
