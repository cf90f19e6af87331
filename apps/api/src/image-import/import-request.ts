import { z } from 'zod';
import type { ImportMethod } from '#domain';
import type { Stores } from '#platform';
import { badRequest, Fault } from '../http/fault.js';
import { isImageId } from '../images/image-id.js';
import { importMethods } from './import-methods.js';

const body = z.strictObject({
  method: z.object({
    name: z.string(),
    uri: z.string().optional(),
    glance_region: z.string().min(1).optional(),
    glance_image_id: z.string().optional(),
    glance_service_interface: z.string().min(1).default('public'),
  }),
  stores: z.array(z.string()).min(1).optional(),
  all_stores: z.boolean().optional(),
  all_stores_must_succeed: z.boolean().optional(),
});

export interface ImportRequest {
  readonly method: ImportMethod;
  readonly stores: readonly string[] | undefined;
  readonly allStores: boolean;
  readonly allMustSucceed: boolean;
}

/** Body of `POST /v2/images/{id}/import`. @throws Fault 400 */
export function parseImportRequest(given: unknown): ImportRequest {
  const parsed = body.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    throw badRequest(`The import request cannot be used: ${problems.join('; ')}`);
  }
  const { method, stores, all_stores: allStores = false, all_stores_must_succeed: allMustSucceed = true } = parsed.data;
  if (allStores && stores) throw badRequest('Give either stores or all_stores, not both.');
  return { method: parseMethod(method), stores, allStores, allMustSucceed };
}

function parseMethod({ name, uri, ...there }: z.infer<typeof body>['method']): ImportMethod {
  switch (name) {
    case 'glance-direct':
    case 'copy-image':
      return { name };
    case 'web-download':
      if (!uri) throw badRequest('Import method web-download needs a uri.');
      return { name, uri };
    case 'glance-download': {
      const { glance_region, glance_image_id, glance_service_interface } = there;
      if (!glance_region) throw badRequest('Import method glance-download needs a glance_region.');
      if (!glance_image_id) throw badRequest('Import method glance-download needs a glance_image_id.');
      if (!isImageId(glance_image_id)) {
        throw badRequest(`Remote image id does not look like a UUID: ${JSON.stringify(glance_image_id)}`);
      }
      const id = glance_image_id.toLowerCase();
      return { name, glance_region, glance_image_id: id, glance_service_interface, endpoint: null };
    }
    default:
      throw badRequest(`Import method ${JSON.stringify(name)} is not one of ${importMethods.join(', ')}.`);
  }
}

/** The stores that the import fills, first one first: from the body, the header, or the default. @throws Fault 400, 409 */
export function storesFor(request: ImportRequest, header: string | string[] | undefined, stores: Stores): string[] {
  if (request.allStores && header) throw badRequest('Give either X-Image-Meta-Store or all_stores, not both.');
  if (request.allStores) return stores.writable.map(({ name }) => name);
  const wanted = request.stores ?? (typeof header === 'string' && header !== '' ? [header] : [stores.default.name]);
  const unknown = wanted.filter((name) => !stores.find(name));
  if (unknown.length > 0) {
    throw new Fault(409, `Unknown store ${unknown.join(', ')}; there are ${stores.names}.`);
  }
  const readOnly = wanted.filter((name) => stores.find(name)!.readOnly);
  if (readOnly.length > 0) throw badRequest(`Store ${readOnly.join(', ')} takes no data; name one that does.`);
  return [...new Set(wanted)];
}
