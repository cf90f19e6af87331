import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '#domain';
import type { Expected } from '#event-store';
import type { Caller } from '#identity';
import type { Cause } from '#platform';
import { versionsOf } from './if-match.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** set by the authentication hook on every route that needs a token */
    caller?: Caller;
  }
}

/** Who calls, under which request id and condition: what every operation needs to know of its request. */
export interface Call {
  readonly actor: Actor;
  readonly cause: Cause & { readonly requestId: string };
  /** versions of the image that it is for (If-Match); undefined: any */
  readonly expected?: Expected | undefined;
}

/** Controller parameter: the authenticated call. */
export const CurrentCall = createParamDecorator((_: unknown, context: ExecutionContext): Call => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const { caller } = request;
  if (!caller) throw new Error(`${request.url} was reached without authentication`);
  return {
    actor: actorOf(caller),
    cause: { requestId: request.id },
    expected: versionsOf(request.headers['if-match']),
  };
});

/** A service that passes a user's request on lends it the role `service` and none of its others, of which admin may be one. */
export function actorOf({ userId, projectId, roles, serviceRoles = [], isAdminProject = false }: Caller): Actor {
  const lent = serviceRoles.includes('service') && !roles.includes('service') ? ['service'] : [];
  const isAuditor = isAdminProject && roles.includes('reader');
  return { userId, projectId, roles: [...roles, ...lent], ...(isAuditor && { isAuditor }) };
}
