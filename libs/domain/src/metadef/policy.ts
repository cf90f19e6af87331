import { DomainError } from '../domain-error.js';
import type { Actor } from '../image/policy.js';
import type { MetadefNamespace } from './namespace.js';

/** How an actor stands to one namespace. `owner`: its project; `viewer`: anyone else who may see it because it is public. */
export const namespaceStandings = ['system', 'admin', 'owner', 'viewer', 'stranger'] as const;
export type NamespaceStanding = (typeof namespaceStandings)[number];

const readers = ['system', 'admin', 'owner', 'viewer'] as const;
const admins = ['system', 'admin'] as const;

/** Who may do what: one row an operation (IMAGE-API.md §6, "metadef read" and "metadef writes"). */
const table = {
  show: readers,
  create: admins,
  change: admins,
  delete: admins,
  'add objects to': admins,
  'change objects of': admins,
  'remove objects from': admins,
  'add properties to': admins,
  'change properties of': admins,
  'remove properties from': admins,
  'add tags to': admins,
  'change tags of': admins,
  'remove tags from': admins,
  'associate resource types with': admins,
  'dissociate resource types from': admins,
} as const satisfies Record<string, readonly NamespaceStanding[]>;

export type NamespaceOperation = keyof typeof table;
export const namespaceOperations = Object.keys(table) as NamespaceOperation[];

const has = (actor: Actor, ...roles: readonly string[]) => actor.roles.some((role) => roles.includes(role));

export function namespaceStandingOf(
  actor: Actor,
  namespace: Pick<MetadefNamespace, 'owner' | 'visibility'>,
): NamespaceStanding {
  if (has(actor, 'system')) return 'system';
  if (has(actor, 'admin')) return 'admin';
  if (!has(actor, 'member', 'reader')) return 'stranger';
  if (namespace.owner === actor.projectId) return 'owner';
  return namespace.visibility === 'public' ? 'viewer' : 'stranger';
}

export function mayOnNamespace(operation: NamespaceOperation, standing: NamespaceStanding): boolean {
  return (table[operation] as readonly NamespaceStanding[]).includes(standing);
}

/** A refusal is `namespace-forbidden` to those who may see the namespace and `namespace-not-found` to others. */
export function assertMayOnNamespace(operation: NamespaceOperation, actor: Actor, namespace: MetadefNamespace): void {
  const standing = namespaceStandingOf(actor, namespace);
  if (mayOnNamespace(operation, standing)) return;
  if (mayOnNamespace('show', standing)) {
    throw new DomainError('namespace-forbidden', { operation, namespace: namespace.namespace });
  }
  throw new DomainError('namespace-not-found', { namespace: namespace.namespace });
}

/** Creating has no namespace to stand to. */
export function assertMayCreateNamespace(actor: Actor): void {
  if (!mayOnNamespace('create', has(actor, 'system') ? 'system' : has(actor, 'admin') ? 'admin' : 'stranger')) {
    throw new DomainError('namespace-forbidden', { operation: 'create' });
  }
}

/** Lists show everybody what he may see; only who may see nothing at all is refused. */
export function assertMayListNamespaces(actor: Actor): void {
  if (!has(actor, 'system', 'admin', 'member', 'reader')) {
    throw new DomainError('namespace-forbidden', { operation: 'list' });
  }
}
