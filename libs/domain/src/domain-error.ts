import type { QuotaExcess } from './image/usage.js';

/** Every way in which a rule can refuse, with what the answer needs to explain it. */
export interface DomainErrors {
  'image-not-found': { id: string };
  'image-exists': { id: string };
  forbidden: { operation: string; id?: string };
  'invalid-attribute': { attribute: string; problem: string };
  'read-only-attribute': { attribute: string };
  'reserved-attribute': { attribute: string };
  'attribute-not-removable': { attribute: string };
  'property-exists': { property: string };
  'property-missing': { property: string };
  'property-protected': { property: string; operation: string };
  'limit-exceeded': { what: 'tags' | 'properties' | 'members' | 'locations'; limit: number; wanted: number };
  'quota-exceeded': QuotaExcess;
  'image-protected': { id: string };
  'formats-locked': { id: string; status: string };
  /** what a client says of an image's data is not what is known of it, or is no digest */
  'data-mismatch': { what: string; problem: string };
  'formats-unset': { id: string; missing: string };
  'wrong-status': { id: string; status: string; operation: string; needs: string };
  'data-superseded': { id: string; attempt: string };
  'image-gone': { id: string };
  'import-in-progress': { id: string; task: string };
  'import-already-claimed': { id: string; attempt: number };
  'not-shared': { id: string; visibility: string };
  'member-exists': { id: string; member: string };
  'member-not-found': { id: string; member: string };
  'tag-not-found': { id: string; tag: string };
  'store-has-data': { id: string; store: string };
  'store-not-used': { id: string; store: string };
  'last-copy': { id: string; store: string };
  'bulk-import-not-found': { id: string };
  /** the same key, another request */
  'bulk-import-differs': { id: string };
  'bulk-import-forbidden': { operation: string };
  'bulk-import-wrong-status': { id: string; status: string; operation: string; needs: string };
  'webhooks-forbidden': object;
  'webhook-not-found': { id: string };
  'namespace-not-found': { namespace: string };
  'namespace-exists': { namespace: string };
  'namespace-forbidden': { operation: string; namespace?: string };
  /** with kind and name when one thing in it was to be removed */
  'namespace-protected': { namespace: string; kind?: string; name?: string };
  'definition-not-found': { kind: string; name: string; namespace: string };
  'definition-exists': { kind: string; name: string; namespace: string };
}

export type DomainErrorCode = keyof DomainErrors;

/** A rule's refusal. The API turns the code into a status and a text (apps/api/src/http/domain-error-table.ts). */
export class DomainError<Code extends DomainErrorCode = DomainErrorCode> extends Error {
  constructor(
    readonly code: Code,
    readonly details: DomainErrors[Code],
  ) {
    super(`${code} ${JSON.stringify(details)}`);
    this.name = 'DomainError';
  }

  is<Wanted extends DomainErrorCode>(code: Wanted): this is DomainError<Wanted> {
    const own: DomainErrorCode = this.code;
    return own === code;
  }
}
