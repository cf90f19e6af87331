import { DomainError } from '../domain-error.js';
import type { Change } from '../image/events.js';
import type { MetadefCommandOf } from './commands.js';
import { parseContents, parseNamespaceAttributes } from './definitions.js';
import type { MetadefEvent } from './events.js';
import type { DefinitionKind, MetadefNamespace, NamespaceAttributes } from './namespace.js';
import { assertMayCreateNamespace, assertMayOnNamespace } from './policy.js';

export function createNamespace(command: MetadefCommandOf<'CreateNamespace'>): MetadefEvent[] {
  const { id, actor, given } = command;
  assertMayCreateNamespace(actor);
  const attributes = parseNamespaceAttributes(given, actor.projectId);
  const contents = parseContents(given);
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  assertDistinct('resource type', names(contents.resource_types), attributes.namespace);
  assertDistinct('object', names(contents.objects), attributes.namespace);
  assertDistinct('tag', contents.tags, attributes.namespace);
  return [{ type: 'MetadefNamespaceCreated', data: { id, attributes, ...contents } }];
}

/** What the namespace holds may be sent along, as clients send back what they have read; it is not changed by this. */
export function changeNamespace(
  { actor, given }: MetadefCommandOf<'ChangeNamespace'>,
  namespace: MetadefNamespace,
): MetadefEvent[] {
  assertMayOnNamespace('change', actor, namespace);
  const wanted = parseNamespaceAttributes(given, actor.projectId);
  const changes: Record<string, Change<unknown>> = {};
  for (const [name, to] of Object.entries(wanted)) {
    const from = namespace[name as keyof NamespaceAttributes];
    if (from !== to) changes[name] = { from, to };
  }
  return Object.keys(changes).length === 0 ? [] : [{ type: 'MetadefNamespaceChanged', data: { changes } }];
}

export function deleteNamespace(
  { actor }: MetadefCommandOf<'DeleteNamespace'>,
  namespace: MetadefNamespace,
): MetadefEvent[] {
  assertMayOnNamespace('delete', actor, namespace);
  if (namespace.protected) throw new DomainError('namespace-protected', { namespace: namespace.namespace });
  return [{ type: 'MetadefNamespaceDeleted', data: { namespace: namespace.namespace } }];
}

/** Within one namespace a name stands for one object, one property, one tag and one resource type. */
export function assertDistinct(kind: DefinitionKind, names: readonly string[], namespace: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new DomainError('definition-exists', { kind, name, namespace });
    seen.add(name);
  }
}
