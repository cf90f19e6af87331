import type { FastifyInstance } from 'fastify';
import { sendFault } from '../http/error.filter.js';
import { Fault } from '../http/fault.js';

const takesImageData = /^\/v2\/images\/:id\/(file|stage)$/;

/** Image data comes as what it is. Asked before the body is looked at: JSON would be parsed on its way to the controller. */
export function insistOnOctetStreams(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    const right = type === 'application/octet-stream';
    if (right || request.method !== 'PUT' || !takesImageData.test(request.routeOptions.url ?? '')) {
      done();
      return;
    }
    sendFault(new Fault(415, 'Image data must be sent as application/octet-stream.'), request, reply);
  });
}
