import type { AttributeChange } from '#domain';
import { badRequest, Fault } from '../http/fault.js';
import { parseLocationValue } from '../locations/location-request.js';
import type { LocationOperation } from '../locations/patched-locations.js';

/** Media types of `PATCH /v2/images/{id}`, newest first. */
export const patchTypes = [
  'application/openstack-images-v2.1-json-patch',
  'application/openstack-images-v2.0-json-patch',
] as const;

const operations = ['add', 'remove', 'replace'] as const;
type Operation = (typeof operations)[number];

type PatchOperation = AttributeChange | LocationOperation;

/** The operations of a patch body in either of the Image API's two forms. @throws Fault 400, 403, 415 */
export function parsePatch(contentType: string | undefined, body: unknown): PatchOperation[] {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  const isV20 = type === patchTypes[1];
  if (!isV20 && type !== patchTypes[0]) {
    throw new Fault(415, `PATCH takes ${patchTypes.join(' or ')}.`, { 'accept-patch': patchTypes.join(', ') });
  }
  if (!Array.isArray(body)) throw badRequest('The body must be a list of operations.');
  return body.map((one: unknown) => parseOperation(one, isV20));
}

function parseOperation(one: unknown, isV20: boolean): PatchOperation {
  if (typeof one !== 'object' || one === null || Array.isArray(one))
    throw badRequest('Each operation must be an object.');
  const fields = one as Record<string, unknown>;
  const { op, path } = isV20 ? v20Operation(fields) : v21Operation(fields);
  if (op !== 'remove' && !Object.hasOwn(fields, 'value')) throw badRequest(`Operation ${op} of ${path} needs a value.`);
  const { value } = fields;
  const [attribute, ...deeper] = segmentsOf(path);
  if (attribute === 'locations') return locationOperation(op, deeper, value);
  if (attribute === '' || deeper.length > 0) throw badRequest(`Path ${JSON.stringify(path)} must name one attribute.`);
  if (op === 'remove') return { op, attribute };
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

/** The names in a JSON pointer (RFC 6901); at least one. */
function segmentsOf(path: string): [string, ...string[]] {
  if (!path.startsWith('/')) throw badRequest(`Path ${JSON.stringify(path)} must start with a slash.`);
  if (/~(?![01])/.test(path)) throw badRequest(`Path ${JSON.stringify(path)} holds a ~ that is neither ~0 nor ~1.`);
  const [first = '', ...deeper] = path.slice(1).split('/');
  const plain = (segment: string) => segment.replaceAll('~1', '/').replaceAll('~0', '~');
  return [plain(first), ...deeper.map(plain)];
}

/** The list is replaced as a whole; one location is added at `/locations/N`, `/locations/-` or removed from there. */
function locationOperation(op: Operation, deeper: readonly string[], value: unknown): LocationOperation {
  if (deeper.length !== (op === 'replace' ? 0 : 1)) {
    throw badRequest('Use add and remove with /locations/N or /locations/-, and replace with /locations.');
  }
  if (op === 'replace') {
    if (!Array.isArray(value)) throw badRequest('The value of /locations must be a list of locations.');
    return { op: 'replace-locations', locations: value.map(parseLocationValue) };
  }
  const index = indexOf(deeper[0]!);
  return op === 'remove'
    ? { op: 'remove-location', index }
    : { op: 'add-location', index, location: parseLocationValue(value) };
}

/** null for `-`, the end of the list. */
function indexOf(text: string): number | null {
  if (text === '-') return null;
  if (!/^\d{1,9}$/.test(text))
    throw badRequest(`Location ${JSON.stringify(text)} must be a number, or - for the last.`);
  return Number(text);
}
