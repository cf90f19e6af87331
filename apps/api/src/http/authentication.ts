import type { FastifyInstance, FastifyRequest } from 'fastify';
import { IdentityError, type IdentityProvider } from '#identity';
import { Fault } from './fault.js';
import { sendFault } from './error.filter.js';
import { toFault } from './to-fault.js';

const guarded = /^\/(v2\/[^?]|vitrine\/v1\/)/;

/** Knows the caller before a byte of the body is read; everything of the Image API and of /vitrine/v1 needs a token. */
export function authenticate(fastify: FastifyInstance, identity: IdentityProvider, authUrl: () => string): void {
  fastify.addHook('onRequest', async (request, reply) => {
    if (!guarded.test(pathOf(request))) return;
    try {
      request.caller = await callerOf(request.headers, identity);
    } catch (error) {
      const fault = toFault(error) ?? new Fault(500, 'The token could not be checked.');
      const challenge: Record<string, string> =
        fault.status === 401 ? { 'www-authenticate': `Keystone uri="${authUrl()}"` } : {};
      sendFault(new Fault(fault.status, fault.explanation, { ...fault.headers, ...challenge }), request, reply);
      return reply;
    }
    return undefined;
  });
}

/** As the route spells it, which is not how the client has to: `/v%32/images` is the same path. */
function pathOf({ is404, routeOptions, url }: FastifyRequest): string {
  return is404 ? url : (routeOptions.url ?? url);
}

function callerOf(headers: Readonly<Record<string, unknown>>, identity: IdentityProvider) {
  const { token, serviceToken } = tokensOf(headers);
  return identity.authenticate(token, serviceToken);
}

/** @throws IdentityError without a token */
export function tokensOf(headers: Readonly<Record<string, unknown>>): { token: string; serviceToken?: string } {
  const token = headers['x-auth-token'];
  const serviceToken = headers['x-service-token'];
  if (typeof token !== 'string' || token === '') {
    throw new IdentityError('unauthorized', 'The request you have made requires authentication: send X-Auth-Token.');
  }
  return { token, ...(typeof serviceToken === 'string' && { serviceToken }) };
}
