import type { FastifyInstance } from 'fastify';

const answered = {
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': [
    'X-OpenStack-Request-ID',
    ...['ETag', 'Link', 'Location', 'Content-MD5', 'Content-Range', 'Retry-After'],
    ...['OpenStack-image-import-methods', 'OpenStack-image-store-ids', 'Vitrine-Position'],
  ].join(', '),
};
const preflight = {
  'access-control-allow-methods': 'GET, PUT, POST, DELETE, PATCH',
  'access-control-allow-headers': [
    ...['Content-Type', 'Content-Range', 'Range', 'If-Match', 'X-Auth-Token', 'X-CSRFToken', 'X-OpenStack-Request-ID'],
    ...['Last-Event-ID', 'X-Image-Meta-Store', 'X-OpenStack-Image-Size'],
  ].join(', '),
  'access-control-max-age': '3600',
};

/**
 * Lets pages of these origins call (the Fetch standard's CORS): asked before the token, which a preflight has not, and
 * told with every answer, refusals too, or the page could not read why. Other origins get nothing of it.
 */
export function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    // Also without an origin: a cache must not give this answer to a page.
    if (origins.length > 0) reply.header('vary', 'Origin');
    if (origin !== undefined && origins.includes(origin)) {
      reply.headers({ 'access-control-allow-origin': origin, ...answered, ...(isPreflight && preflight) });
    }
    if (request.method === 'OPTIONS' && (isPreflight || request.is404)) void reply.status(204).send();
    else done();
  });
}
