import type { IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { IdentityProvider } from '#identity';
import type { Logger } from '#platform';
import { AccessRecorder } from './access/access-recorder.js';
import { recordAnswers } from './access/record-answers.js';
import { allowOrigins } from './http/cors.js';
import { findNothingWithoutName } from './http/empty-name.js';
import { parseJson, refuseUnreadable } from './http/readable-request.js';
import { routedTarget } from './http/request-target.js';
import { refuseUnexpectedBodies } from './http/unexpected-body.js';
import { authenticate } from './http/authentication.js';
import { Metrics } from './http/metrics.js';
import { requestIdOf } from './http/request-id.js';
import { logRequests } from './http/request-log.js';
import { RouteTable } from './http/route-table.js';
import { insistOnOctetStreams } from './image-data/media-type.js';

const jsonBodyLimit = 1 << 20;

/** The HTTP server under Nest: no HEAD by itself (Glance answers 405), request ids as OpenStack's, versions as Glance's. */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: jsonBodyLimit,
    exposeHeadRoutes: false,
    // What still runs at the end was waited for (RunningTransfers) and given up.
    forceCloseConnections: true,
    // Longer than a request line may be: a long name is not found, as a short one.
    routerOptions: { maxParamLength: 1 << 16, ignoreTrailingSlash: true },
    genReqId: requestIdOf as (request: unknown) => string,
    rewriteUrl: ({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>) => routedTarget(url, headers.accept),
  });
}

export interface ApiEdge {
  readonly identity: IdentityProvider;
  /** named in WWW-Authenticate */
  readonly authUrl: () => string;
  readonly logger: Logger;
  /** a request's line in the log tells its client's address */
  readonly logsAddresses: boolean;
  /** of the pages that may call */
  readonly corsOrigins: readonly string[];
}

/** What happens to every request before a controller sees it. Before `app.init()`, so that no route is missed. */
export function prepareHttp(
  app: NestFastifyApplication,
  { identity, authUrl, logger, logsAddresses, corsOrigins }: ApiEdge,
): void {
  const fastify = app.getHttpAdapter().getInstance();
  const routes = app.get(RouteTable);
  fastify.addHook('onRoute', (route) => {
    const { method, url } = route;
    for (const one of [method].flat()) if (url !== '*' && url !== '/*') routes.add(one, url);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-openstack-request-id', request.id);
    done();
  });
  // Before all that may refuse: refusals are logged, too.
  logRequests(fastify, logger, app.get(Metrics), logsAddresses);
  allowOrigins(fastify, corsOrigins);
  parseBodies(fastify);
  authenticate(fastify, identity, authUrl);
  refuseUnreadable(fastify);
  findNothingWithoutName(fastify);
  insistOnOctetStreams(fastify);
  refuseUnexpectedBodies(fastify);
  const accesses = app.get(AccessRecorder);
  if (accesses.isEnabled) recordAnswers(fastify, accesses);
  // An upload takes as long as it takes; the lease watches over it.
  fastify.server.requestTimeout = 0;
}

/** JSON is read where a body is an object; everything else is left in the socket for whoever streams it. */
function parseBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addHook('onRequest', (request, _reply, done) => {
    // Whoever reads the items reads them as they come, in every form. A parser is chosen by the type, which the raw request keeps.
    if (request.routeOptions.url === '/vitrine/v1/bulk-imports') request.headers = { 'content-type': 'text/plain' };
    done();
  });
  fastify.addContentTypeParser(
    /^application\/(json|openstack-images-v2\.\d-json-patch)/,
    { parseAs: 'buffer' },
    (_request, body: Buffer, done) => {
      try {
        done(null, parseJson(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
