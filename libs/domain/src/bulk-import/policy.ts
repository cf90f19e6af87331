import { DomainError } from '../domain-error.js';
import type { Actor } from '../image/policy.js';
import type { BulkImport } from './bulk-import.js';

export type BulkImportOperation = 'show' | 'pause' | 'resume' | 'cancel' | 'retry';

const has = (actor: Actor, ...roles: readonly string[]) => actor.roles.some((role) => roles.includes(role));

function mayOnBulkImport(operation: BulkImportOperation, actor: Actor, { project }: Pick<BulkImport, 'project'>) {
  if (has(actor, 'admin', 'system')) return true;
  if (project === null || project !== actor.projectId) return false;
  return operation === 'show' ? has(actor, 'member', 'reader') : has(actor, 'member');
}

/** A refusal is `bulk-import-forbidden` to those who may see the bulk import and `bulk-import-not-found` to others. */
export function assertMayOnBulkImport(
  operation: BulkImportOperation,
  actor: Actor,
  bulk: Pick<BulkImport, 'id' | 'project'>,
): void {
  if (mayOnBulkImport(operation, actor, bulk)) return;
  if (mayOnBulkImport('show', actor, bulk)) throw new DomainError('bulk-import-forbidden', { operation });
  throw new DomainError('bulk-import-not-found', { id: bulk.id });
}

/** Members import into their own project, admins into any. */
export function assertMayRequestBulkImport(actor: Actor): void {
  if (!has(actor, 'member', 'admin', 'system'))
    throw new DomainError('bulk-import-forbidden', { operation: 'request' });
}

export function assertMayListBulkImports(actor: Actor): void {
  if (!has(actor, 'member', 'reader', 'admin', 'system')) {
    throw new DomainError('bulk-import-forbidden', { operation: 'list' });
  }
}
