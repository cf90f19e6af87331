import type { AttributeChange } from '#domain';
import { badRequest, Fault } from '../http/fault.js';

/** Media types of `PATCH /v2/images/{id}`, newest first. */
export const patchTypes = [
  'application/openstack-images-v2.1-json-patch',
  'application/openstack-images-v2.0-json-patch',
] as const;

const operations = ['add', 'remove', 'replace'] as const;
type Operation = (typeof operations)[number];

/** The operations of a patch body in either of the Image API's two forms. @throws Fault 400, 403, 415 */
export function parsePatch(contentType: string | undefined, body: unknown): AttributeChange[] {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  const isV20 = type === patchTypes[1];
  if (!isV20 && type !== patchTypes[0]) {
    throw new Fault(415, `PATCH takes ${patchTypes.join(' or ')}.`, { 'accept-patch': patchTypes.join(', ') });
  }
  if (!Array.isArray(body)) throw badRequest('The body must be a list of operations.');
  return body.map((one: unknown) => parseOperation(one, isV20));
}

function parseOperation(one: unknown, isV20: boolean): AttributeChange {
  if (typeof one !== 'object' || one === null || Array.isArray(one))
    throw badRequest('Each operation must be an object.');
  const fields = one as Record<string, unknown>;
  const { op, path } = isV20 ? v20Operation(fields) : v21Operation(fields);
  const attribute = attributeOf(path);
  if (op === 'remove') return { op, attribute };
  if (!Object.hasOwn(fields, 'value')) throw badRequest(`Operation ${op} of ${path} needs a value.`);
  const { value } = fields;
  return op === 'add' ? { op, attribute, value, mustBeNew: isV20 } : { op, attribute, value };
}

/** `{"op": "add", "path": "/x", "value": …}` */
function v21Operation(fields: Record<string, unknown>): { op: Operation; path: string } {
  const op = operations.find((name) => name === fields.op);
  if (!op) throw badRequest(`Unknown operation ${JSON.stringify(fields.op)}: use ${operations.join(', ')}.`);
  return { op, path: pathOf(fields.path) };
}

/** `{"add": "/x", "value": …}` */
function v20Operation(fields: Record<string, unknown>): { op: Operation; path: string } {
  const [op, ...more] = operations.filter((name) => Object.hasOwn(fields, name));
  if (!op || more.length > 0) throw badRequest(`Each operation must have exactly one of ${operations.join(', ')}.`);
  return { op, path: pathOf(fields[op]) };
}

function pathOf(path: unknown): string {
  if (typeof path !== 'string') throw badRequest('Each operation needs a path.');
  return path;
}

/** The attribute that a JSON pointer (RFC 6901) of one segment names. */
function attributeOf(path: string): string {
  if (!path.startsWith('/')) throw badRequest(`Path ${JSON.stringify(path)} must start with a slash.`);
  const [segment = '', ...deeper] = path.slice(1).split('/');
  if (/~(?![01])/.test(path)) throw badRequest(`Path ${JSON.stringify(path)} holds a ~ that is neither ~0 nor ~1.`);
  if (segment === 'locations') throw new Fault(403, "It's not allowed to change locations: they are invisible here.");
  if (segment === '' || deeper.length > 0) throw badRequest(`Path ${JSON.stringify(path)} must name one attribute.`);
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
