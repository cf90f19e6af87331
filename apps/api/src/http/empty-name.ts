import type { FastifyInstance } from 'fastify';
import { sendFault } from './error.filter.js';
import { Fault } from './fault.js';

const endsInSlash = /^\/v2\/[^?]*\/(\?|$)/;

/**
 * `/v2/images/` asks for the image with the empty name, as a client does that lost an id: 404, as in Glance. The router
 * takes it for the list, or for a method that the list does not have.
 */
export function findNothingWithoutName(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (endsInSlash.test(request.url)) sendFault(new Fault(404, 'Nothing has an empty name.'), request, reply);
    else done();
  });
}
