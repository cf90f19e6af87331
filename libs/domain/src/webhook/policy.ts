import { DomainError } from '../domain-error.js';
import type { Actor } from '../image/policy.js';

/** Webhooks tell what happens in all projects: admins manage them, and nobody else sees that there are any. */
export function assertMayManageWebhooks({ roles }: Actor): void {
  if (!roles.includes('admin') && !roles.includes('system')) throw new DomainError('webhooks-forbidden', {});
}
