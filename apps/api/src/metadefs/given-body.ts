import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { badRequest } from '../http/fault.js';

/** @throws Fault 400 */
export function givenBody(body: unknown): Record<string, unknown> {
  if (body === undefined) throw badRequest('A JSON body is expected in the request.');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('The body must be a JSON object.');
  }
  return body as Record<string, unknown>;
}

/** Refuses a body where none belongs, as Glance does on these paths. */
@Injectable()
export class NoBody implements CanActivate {
  /** @throws Fault 400 */
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined) {
      throw badRequest('A body is not expected with this request.');
    }
    return true;
  }
}
