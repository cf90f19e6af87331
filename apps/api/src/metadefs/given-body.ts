import { badRequest } from '../http/fault.js';

/** @throws Fault 400 */
export function givenBody(body: unknown): Record<string, unknown> {
  if (body === undefined) throw badRequest('A JSON body is expected in the request.');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('The body must be a JSON object.');
  }
  return body as Record<string, unknown>;
}
