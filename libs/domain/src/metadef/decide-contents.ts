import { DomainError } from '../domain-error.js';
import type { MetadefCommandOf } from './commands.js';
import { assertDistinct } from './decide-namespace.js';
import { parseName, parseNamedProperty, parseObject, parseResourceType, parseTag, parseTags } from './definitions.js';
import type { MetadefEvent } from './events.js';
import {
  named,
  type DefinitionKind,
  type MetadefNamespace,
  type MetadefObject,
  type ResourceTypeAssociation,
} from './namespace.js';
import { assertMayOnNamespace } from './policy.js';
import { sameValue } from '../same-value.js';

export function addObject({ actor, given }: MetadefCommandOf<'AddObject'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('add objects to', actor, namespace);
  const object = parseObject(given);
  assertNew('object', object.name, namespace.objects, namespace);
  return [{ type: 'MetadefObjectAdded', data: { object } }] satisfies MetadefEvent[];
}

export function changeObject({ actor, name, given }: MetadefCommandOf<'ChangeObject'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('change objects of', actor, namespace);
  const from = objectAlone(existing('object', name, namespace.objects, namespace));
  const to = parseObject(given);
  if (to.name !== name) assertNew('object', to.name, namespace.objects, namespace);
  if (sameValue(from, to)) return [];
  return [{ type: 'MetadefObjectChanged', data: { from, to } }] satisfies MetadefEvent[];
}

export function removeObject({ actor, name }: MetadefCommandOf<'RemoveObject'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('remove objects from', actor, namespace);
  const object = existing('object', name, namespace.objects, namespace);
  assertUnprotected(namespace, 'object', name);
  return [{ type: 'MetadefObjectsRemoved', data: { objects: [objectAlone(object)] } }] satisfies MetadefEvent[];
}

export function removeObjects({ actor }: MetadefCommandOf<'RemoveObjects'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('remove objects from', actor, namespace);
  assertUnprotected(namespace);
  if (namespace.objects.length === 0) return [];
  const objects = namespace.objects.map(objectAlone);
  return [{ type: 'MetadefObjectsRemoved', data: { objects } }] satisfies MetadefEvent[];
}

export function addProperty({ actor, given }: MetadefCommandOf<'AddProperty'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('add properties to', actor, namespace);
  const property = parseNamedProperty(given);
  assertNew('property', property.name, namespace.properties, namespace);
  return [{ type: 'MetadefPropertyAdded', data: { property } }] satisfies MetadefEvent[];
}

export function changeProperty(
  { actor, name, given }: MetadefCommandOf<'ChangeProperty'>,
  namespace: MetadefNamespace,
) {
  assertMayOnNamespace('change properties of', actor, namespace);
  const from = existing('property', name, namespace.properties, namespace);
  const to = parseNamedProperty(given);
  if (to.name !== name) assertNew('property', to.name, namespace.properties, namespace);
  if (sameValue(from, to)) return [];
  return [{ type: 'MetadefPropertyChanged', data: { from, to } }] satisfies MetadefEvent[];
}

export function removeProperty({ actor, name }: MetadefCommandOf<'RemoveProperty'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('remove properties from', actor, namespace);
  const property = existing('property', name, namespace.properties, namespace);
  assertUnprotected(namespace, 'property', name);
  return [{ type: 'MetadefPropertiesRemoved', data: { properties: [property] } }] satisfies MetadefEvent[];
}

export function removeProperties({ actor }: MetadefCommandOf<'RemoveProperties'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('remove properties from', actor, namespace);
  assertUnprotected(namespace);
  const { properties } = namespace;
  if (properties.length === 0) return [];
  return [{ type: 'MetadefPropertiesRemoved', data: { properties } }] satisfies MetadefEvent[];
}

export function addTag({ actor, name }: MetadefCommandOf<'AddNamespaceTag'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('add tags to', actor, namespace);
  const tag = parseName('name', name);
  assertNew('tag', tag, namespace.tags, namespace);
  return [{ type: 'MetadefTagsAdded', data: { tags: [tag] } }] satisfies MetadefEvent[];
}

export function changeTag({ actor, name, given }: MetadefCommandOf<'ChangeNamespaceTag'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('change tags of', actor, namespace);
  existing('tag', name, namespace.tags, namespace);
  const to = parseTag(given);
  if (to === name) return [];
  assertNew('tag', to, namespace.tags, namespace);
  return [{ type: 'MetadefTagRenamed', data: { from: name, to } }] satisfies MetadefEvent[];
}

/** An empty list changes nothing, and protection does not keep tags from being replaced: both as in Glance. */
export function setTags({ actor, given, append }: MetadefCommandOf<'SetNamespaceTags'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('add tags to', actor, namespace);
  const wanted = parseTags(given);
  if (wanted.length === 0) return [];
  const present = namespace.tags.map(({ name }) => name);
  assertDistinct('tag', append ? [...present, ...wanted] : wanted, namespace.namespace);
  const events: MetadefEvent[] = [];
  const removed = append ? [] : without(present, wanted);
  const added = without(wanted, present);
  if (removed.length > 0) events.push({ type: 'MetadefTagsRemoved', data: { tags: removed } });
  if (added.length > 0) events.push({ type: 'MetadefTagsAdded', data: { tags: added } });
  return events;
}

export function removeTag({ actor, name }: MetadefCommandOf<'RemoveNamespaceTag'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('remove tags from', actor, namespace);
  existing('tag', name, namespace.tags, namespace);
  assertUnprotected(namespace, 'tag', name);
  return [{ type: 'MetadefTagsRemoved', data: { tags: [name] } }] satisfies MetadefEvent[];
}

export function removeTags({ actor }: MetadefCommandOf<'RemoveNamespaceTags'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('remove tags from', actor, namespace);
  assertUnprotected(namespace);
  if (namespace.tags.length === 0) return [];
  const tags = namespace.tags.map(({ name }) => name);
  return [{ type: 'MetadefTagsRemoved', data: { tags } }] satisfies MetadefEvent[];
}

export function associate({ actor, given }: MetadefCommandOf<'AssociateResourceType'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('associate resource types with', actor, namespace);
  const type = parseResourceType(given);
  assertNew('resource type', type.name, namespace.resourceTypes, namespace);
  return [{ type: 'MetadefResourceTypeAssociated', data: { resource_type: type } }] satisfies MetadefEvent[];
}

export function dissociate({ actor, name }: MetadefCommandOf<'DissociateResourceType'>, namespace: MetadefNamespace) {
  assertMayOnNamespace('dissociate resource types from', actor, namespace);
  const { prefix, properties_target } = existing('resource type', name, namespace.resourceTypes, namespace);
  assertUnprotected(namespace, 'resource type', name);
  const type: ResourceTypeAssociation = { name, prefix, properties_target };
  return [{ type: 'MetadefResourceTypeDissociated', data: { resource_type: type } }] satisfies MetadefEvent[];
}

type Named = readonly { readonly name: string }[];

function existing<T extends { readonly name: string }>(
  kind: DefinitionKind,
  name: string,
  list: readonly T[],
  { namespace }: MetadefNamespace,
): T {
  const found = named(list, name);
  if (!found) throw new DomainError('definition-not-found', { kind, name, namespace });
  return found;
}

function assertNew(kind: DefinitionKind, name: string, list: Named, { namespace }: MetadefNamespace): void {
  if (named(list, name)) throw new DomainError('definition-exists', { kind, name, namespace });
}

function assertUnprotected(namespace: MetadefNamespace, kind?: DefinitionKind, name?: string): void {
  if (!namespace.protected) return;
  throw new DomainError('namespace-protected', { namespace: namespace.namespace, ...(kind && name && { kind, name }) });
}

/** Without the times that the state adds. */
const objectAlone = ({ name, description, required, properties }: MetadefObject): MetadefObject => ({
  name,
  description,
  required,
  properties,
});

function without(names: readonly string[], others: readonly string[]): string[] {
  const left = new Set(others);
  return names.filter((name) => !left.has(name));
}
