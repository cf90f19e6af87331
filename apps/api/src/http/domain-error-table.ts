import { describeExcess, type DomainError, type DomainErrorCode, type DomainErrors } from '#domain';
import { Fault } from './fault.js';

type Row<Code extends DomainErrorCode> = readonly [status: number, text: (details: DomainErrors[Code]) => string];

/** Every refusal of a rule: its status and what a person reads. */
const table: { readonly [Code in DomainErrorCode]: Row<Code> } = {
  'image-not-found': [404, ({ id }) => `No image found with ID ${id}`],
  'image-exists': [
    409,
    ({ id }) => `Image ID ${id} already exists! Ids are never used again, not even after deletion.`,
  ],
  forbidden: [403, ({ operation, id }) => `You are not authorized to ${operation} ${id ? `image ${id}` : 'images'}.`],
  'invalid-attribute': [400, ({ attribute, problem }) => `Invalid value for ${attribute || 'a property'}: ${problem}`],
  'read-only-attribute': [403, ({ attribute }) => `Attribute '${attribute}' is read-only.`],
  'reserved-attribute': [403, ({ attribute }) => `Attribute '${attribute}' is reserved.`],
  'attribute-not-removable': [403, ({ attribute }) => `Property ${attribute} may not be removed.`],
  'property-exists': [409, ({ property }) => `Property ${property} already present.`],
  'property-missing': [409, ({ property }) => `Property ${property} does not exist.`],
  'property-protected': [
    403,
    ({ property, operation }) => `You are not permitted to ${operation} property ${property}.`,
  ],
  'limit-exceeded': [
    413,
    ({ what, limit, wanted }) => `Attempted: ${wanted} ${what}, maximum: ${limit}. Remove some ${what} first.`,
  ],
  'quota-exceeded': [413, describeExcess],
  'image-protected': [403, ({ id }) => `Image ${id} is protected and cannot be deleted. Set protected to false first.`],
  'formats-locked': [
    403,
    ({ id, status }) =>
      `disk_format and container_format of image ${id} can change only while it is queued, not ${status}.`,
  ],
  'data-mismatch': [409, ({ what, problem }) => `The ${what} of the validation data cannot be used: ${problem}`],
  'formats-unset': [400, ({ id, missing }) => `Set ${missing} of image ${id} before its data.`],
  'wrong-status': [
    409,
    ({ id, status, operation, needs }) => `Cannot ${operation} image ${id} in status ${status}: it needs ${needs}.`,
  ],
  'data-superseded': [409, ({ id }) => `The data of image ${id} was given up in the meantime; start again.`],
  'image-gone': [410, ({ id }) => `Image ${id} was deleted while its data arrived; the data was removed.`],
  'import-in-progress': [409, ({ id, task }) => `Image ${id} has import task ${task} under way; wait for its end.`],
  'import-already-claimed': [
    409,
    ({ id, attempt }) => `Attempt ${attempt} to import image ${id} was taken by another worker.`,
  ],
  'not-shared': [
    403,
    ({ id, visibility }) =>
      `Only shared images have members; image ${id} is ${visibility}. Set its visibility to shared.`,
  ],
  'member-exists': [409, ({ id, member }) => `Project ${member} is already a member of image ${id}.`],
  'member-not-found': [404, ({ id, member }) => `Project ${member} is no member of image ${id}.`],
  'tag-not-found': [404, ({ id, tag }) => `Image ${id} has no tag ${tag}.`],
  'store-has-data': [400, ({ id, store }) => `Image ${id} has its data in store ${store} already.`],
  'store-not-used': [404, ({ id, store }) => `Image ${id} has no data in store ${store}.`],
  'last-copy': [403, ({ id, store }) => `Store ${store} holds the last copy of image ${id}; delete the image instead.`],
  'bulk-import-not-found': [404, ({ id }) => `No bulk import found with ID ${id}.`],
  'bulk-import-differs': [
    422,
    ({ id }) => `The Idempotency-Key was used for another request, bulk import ${id}. Use a new key for a new request.`,
  ],
  'bulk-import-forbidden': [403, ({ operation }) => `You are not authorized to ${operation} bulk imports.`],
  'bulk-import-wrong-status': [
    409,
    ({ id, status, operation, needs }) => `Cannot ${operation} bulk import ${id}: it is ${status}, not ${needs}.`,
  ],
  'webhooks-forbidden': [403, () => 'You are not authorized to manage webhooks.'],
  'webhook-not-found': [404, ({ id }) => `No webhook found with ID ${id}.`],
  'namespace-not-found': [404, ({ namespace }) => `Metadata definition namespace=${namespace} was not found.`],
  'namespace-exists': [409, ({ namespace }) => `The metadata definition namespace=${namespace} already exists.`],
  'namespace-forbidden': [
    403,
    ({ operation, namespace }) =>
      `You are not authorized to ${operation} ${namespace === undefined ? 'namespaces' : `namespace ${namespace}`}.`,
  ],
  'namespace-protected': [
    403,
    ({ namespace, kind, name }) =>
      `Namespace ${namespace} is protected: ${kind && name ? `${kind} ${name} in it` : 'it'} cannot be deleted. Set protected to false first.`,
  ],
  'definition-not-found': [404, ({ kind, name, namespace }) => `Namespace ${namespace} has no ${kind} ${name}.`],
  'definition-exists': [409, ({ kind, name, namespace }) => `Namespace ${namespace} already has ${kind} ${name}.`],
};

export function faultOf<Code extends DomainErrorCode>(error: DomainError<Code>): Fault {
  const [status, text] = table[error.code];
  return new Fault(status, text(error.details));
}
