import type { IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { IdentityProvider } from '#identity';
import type { Logger } from '#platform';
import { authenticate } from './http/authentication.js';
import { Fault } from './http/fault.js';
import { Metrics } from './http/metrics.js';
import { requestIdOf } from './http/request-id.js';
import { logRequests } from './http/request-log.js';
import { RouteTable } from './http/route-table.js';
import { insistOnOctetStreams } from './image-data/media-type.js';

const jsonBodyLimit = 1 << 20;

/** The HTTP server under Nest: no HEAD by itself (Glance answers 405), request ids as OpenStack's, `/v2.N` means `/v2`. */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: jsonBodyLimit,
    exposeHeadRoutes: false,
    // What still runs at the end was waited for (RunningTransfers) and given up.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    genReqId: requestIdOf as (request: unknown) => string,
    rewriteUrl: (request: Pick<IncomingMessage, 'url'>) => (request.url ?? '/').replace(/^\/v2\.\d+(?=\/|$|\?)/, '/v2'),
  });
}

export interface ApiEdge {
  readonly identity: IdentityProvider;
  /** named in WWW-Authenticate */
  readonly authUrl: () => string;
  readonly logger: Logger;
}

/** What happens to every request before a controller sees it. Before `app.init()`, so that no route is missed. */
export function prepareHttp(app: NestFastifyApplication, { identity, authUrl, logger }: ApiEdge): void {
  const fastify = app.getHttpAdapter().getInstance();
  const routes = app.get(RouteTable);
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (url !== '*' && url !== '/*') routes.add(one, url);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-openstack-request-id', request.id);
    done();
  });
  parseBodies(fastify);
  authenticate(fastify, identity, authUrl);
  insistOnOctetStreams(fastify);
  logRequests(fastify, logger, app.get(Metrics));
  // An upload takes as long as it takes; the lease watches over it.
  fastify.server.requestTimeout = 0;
}

/** JSON is read where a body is an object; everything else is left in the socket for whoever streams it. */
function parseBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(json|openstack-images-v2\.\d-json-patch)/,
    { parseAs: 'string' },
    (_request, body: string, done) => {
      if (body === '') {
        done(null, undefined);
        return;
      }
      try {
        done(null, JSON.parse(body));
      } catch (error) {
        done(new Fault(400, `The body is not valid JSON: ${error instanceof Error ? error.message : 'unreadable'}`));
      }
    },
  );
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
