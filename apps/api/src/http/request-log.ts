import type { FastifyInstance } from 'fastify';
import type { Logger } from '#platform';
import type { Metrics } from './metrics.js';

/** One JSON line and one observation a request. The query is not logged: other services put tokens there. */
export function logRequests(fastify: FastifyInstance, logger: Logger, metrics: Metrics): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const route = request.routeOptions.url ?? 'unknown';
    metrics.observeRequest(request.method, route, reply.statusCode, ms);
    logger.info({
      request_id: request.id,
      method: request.method,
      path: request.url.replace(/\?.*$/s, ''),
      status: reply.statusCode,
      ms,
      user: request.caller?.userId,
      project: request.caller?.projectId,
    });
    done();
  });
}
