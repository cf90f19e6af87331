import type { FastifyInstance } from 'fastify';
import type { Logger } from '#platform';
import type { Metrics } from './metrics.js';

/** The client has not waited for its answer; nginx's word. What it asked for may have been done. */
const clientClosed = 499;

/**
 * One JSON line and one observation a request. The query is not logged: other services put tokens there. From where a change was
 * made is told here only, where it may be: an event has no address, but the id of its request.
 */
export function logRequests(fastify: FastifyInstance, logger: Logger, metrics: Metrics, withAddress: boolean): void {
  // A socket that was closed knows its peer only if it was asked before, and who cuts a request is to be known, too.
  if (withAddress) fastify.server.on('connection', ({ remoteAddress }) => remoteAddress);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => {
      const ms = Math.round(reply.elapsedTime * 10) / 10;
      const route = request.routeOptions.url ?? 'unknown';
      const status = reply.raw.writableFinished ? reply.statusCode : clientClosed;
      metrics.observeRequest(request.method, route, status, ms);
      logger.info({
        request_id: request.id,
        method: request.method,
        path: request.url.replace(/\?.*$/s, ''),
        status,
        ms,
        user: request.caller?.userId,
        project: request.caller?.projectId,
        ...(withAddress && { address: request.ip }),
      });
    });
    done();
  });
}
