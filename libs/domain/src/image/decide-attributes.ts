import { unreachable } from '../aggregate.js';
import { DomainError } from '../domain-error.js';
import {
  assertWithin,
  isAttribute,
  isReserved,
  parseAttribute,
  parseProperty,
  parseTag,
  parseTags,
  readOnlyAttributes,
  type AttributeName,
  type ImageLimits,
} from './attributes.js';
import type { AttributeChange, ImageCommandOf } from './commands.js';
import { draftLocations, locationEvents, locationsDraft, type LocationsDraft } from './decide-locations.js';
import type { Change, ImageEvent } from './events.js';
import type { Image, ImageAttributes } from './image.js';
import { assertMay, assertMayCreate, type Actor } from './policy.js';
import { assertMayOnProperty, type PropertyOperation, type PropertyProtections } from './property-protections.js';

export function createImage(
  command: ImageCommandOf<'CreateImage'>,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  const { id, actor } = command;
  const { tags = [], ...given } = command.attributes;
  const attributes: Record<string, unknown> = {};
  const properties = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (isAttribute(name)) attributes[name] = parseAttribute(name, value);
    else properties.set(name, parseProperty(name, value));
  }
  const created: ImageAttributes = { ...defaults(actor), ...attributes };
  assertMayCreate(actor, created.owner, created.visibility);
  for (const name of properties.keys()) assertMayOnProperty('create', name, actor, protections);
  const tagSet = parseTags(tags);
  assertWithin('tags', tagSet.length, limits);
  assertWithin('properties', properties.size, limits);
  const data = { id, attributes: created, tags: tagSet, properties: Object.fromEntries(properties) };
  return [{ type: 'ImageCreated', data }];
}

const defaults = (actor: Actor): ImageAttributes => ({
  name: null,
  owner: actor.projectId,
  visibility: 'shared',
  protected: false,
  os_hidden: false,
  min_disk: 0,
  min_ram: 0,
  container_format: null,
  disk_format: null,
});

/** @throws DomainError property-protected */
type Permit = (operation: PropertyOperation, property: string) => void;

/** What a PATCH works on until all of its operations have passed. */
interface Draft {
  readonly attributes: Partial<Record<AttributeName, unknown>>;
  readonly properties: Map<string, string>;
  tags: readonly string[];
  locations: LocationsDraft;
}

export function changeImage(
  command: ImageCommandOf<'ChangeImage'>,
  image: Image,
  limits: ImageLimits,
  protections: PropertyProtections,
): ImageEvent[] {
  assertMay('update', command.actor, image);
  const { actor, changes } = command;
  const draft: Draft = {
    attributes: {},
    properties: new Map(Object.entries(image.properties)),
    tags: image.tags,
    locations: locationsDraft(image),
  };
  const permit: Permit = (operation, name) => assertMayOnProperty(operation, name, actor, protections);
  for (const change of changes) {
    if ('attribute' in change) apply(change, draft, permit);
    else draft.locations = draftLocations(draft.locations, change, image, actor, limits);
  }
  const events = differences(image, draft);
  assertMaySet(actor, image, draft.attributes.visibility);
  assertMayChange(actor, image, events);
  if (draft.tags.length > image.tags.length) assertWithin('tags', draft.tags.length, limits);
  if (draft.properties.size > Object.keys(image.properties).length) {
    assertWithin('properties', draft.properties.size, limits);
  }
  return events;
}

export function addTag(command: ImageCommandOf<'AddTag'>, image: Image, limits: ImageLimits): ImageEvent[] {
  assertMay('tag', command.actor, image);
  const tag = parseTag(command.tag);
  if (image.tags.includes(tag)) return [];
  assertWithin('tags', image.tags.length + 1, limits);
  return [{ type: 'ImageTagAdded', data: { tag } }];
}

export function removeTag(command: ImageCommandOf<'RemoveTag'>, image: Image): ImageEvent[] {
  assertMay('tag', command.actor, image);
  const { tag } = command;
  if (!image.tags.includes(tag)) throw new DomainError('tag-not-found', { id: image.id, tag });
  return [{ type: 'ImageTagRemoved', data: { tag } }];
}

function apply(change: AttributeChange, draft: Draft, permit: Permit): void {
  const { attribute } = change;
  if (isReserved(attribute)) throw new DomainError('reserved-attribute', { attribute });
  if (readOnlyAttributes.has(attribute)) throw new DomainError('read-only-attribute', { attribute });
  if (attribute === 'tags' || isAttribute(attribute)) {
    if (change.op === 'remove') throw new DomainError('attribute-not-removable', { attribute });
    if (change.op === 'add' && change.mustBeNew) throw new DomainError('property-exists', { property: attribute });
    if (attribute === 'tags') draft.tags = parseTags(change.value);
    else draft.attributes[attribute] = parseAttribute(attribute, change.value);
    return;
  }
  applyToProperty(change, draft.properties, permit);
}

function applyToProperty(change: AttributeChange, properties: Map<string, string>, permit: Permit): void {
  const property = change.attribute;
  const exists = properties.has(property);
  // Forbidden whether it is there or not: "does not exist" would tell who may not read it.
  if (exists || change.op !== 'add') permit('read', property);
  permit(change.op === 'remove' ? 'delete' : exists || change.op === 'replace' ? 'update' : 'create', property);
  switch (change.op) {
    case 'add':
      if (exists && change.mustBeNew) throw new DomainError('property-exists', { property });
      properties.set(property, parseProperty(property, change.value));
      return;
    case 'replace':
      if (!exists) throw new DomainError('property-missing', { property });
      properties.set(property, parseProperty(property, change.value));
      return;
    case 'remove':
      if (!exists) throw new DomainError('property-missing', { property });
      properties.delete(property);
      return;
    default:
      unreachable(change);
  }
}

/** One event for each kind of difference between the image and the draft. */
function differences(image: Image, draft: Draft): ImageEvent[] {
  const { visibility, protected: isProtected, owner, ...plain } = draft.attributes as Partial<ImageAttributes>;
  const events: ImageEvent[] = [];

  const changes: Record<string, Change<unknown>> = {};
  for (const [name, to] of Object.entries(plain)) {
    const from = image[name as AttributeName];
    if (from !== to) changes[name] = { from, to };
  }
  if (Object.keys(changes).length > 0) events.push({ type: 'ImageAttributesChanged', data: { changes } });

  const properties = propertyChanges(image.properties, draft.properties);
  if (Object.keys(properties).length > 0)
    events.push({ type: 'ImagePropertiesChanged', data: { changes: properties } });

  for (const tag of image.tags) {
    if (!draft.tags.includes(tag)) events.push({ type: 'ImageTagRemoved', data: { tag } });
  }
  for (const tag of draft.tags) {
    if (!image.tags.includes(tag)) events.push({ type: 'ImageTagAdded', data: { tag } });
  }
  if (isProtected !== undefined && isProtected !== image.protected) {
    events.push({ type: 'ImageProtectionChanged', data: { from: image.protected, to: isProtected } });
  }
  if (visibility !== undefined && visibility !== image.visibility) {
    events.push({ type: 'ImageVisibilityChanged', data: { from: image.visibility, to: visibility } });
  }
  if (owner !== undefined && owner !== image.owner) {
    events.push({ type: 'ImageOwnerChanged', data: { from: image.owner, to: owner } });
  }
  return [...events, ...locationEvents(image, draft.locations, { ...image, ...plain })];
}

function propertyChanges(
  properties: Image['properties'],
  after: ReadonlyMap<string, string>,
): Record<string, Change<string | null>> {
  // A map, because properties may be called what every object has: __proto__, constructor …
  const before = new Map(Object.entries(properties));
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].map(
    (name) => [name, { from: before.get(name) ?? null, to: after.get(name) ?? null }] as const,
  );
  return Object.fromEntries(changed.filter(([, { from, to }]) => from !== to));
}

/** Also to what the image is already, as Glance has it. */
function assertMaySet(actor: Actor, image: Image, visibility: unknown): void {
  if (visibility === 'public') assertMay('publicize', actor, image);
  if (visibility === 'community') assertMay('communitize', actor, image);
}

/** Rights and states that only some changes need. */
function assertMayChange(actor: Actor, image: Image, events: readonly ImageEvent[]): void {
  for (const event of events) {
    if (event.type === 'ImageOwnerChanged') assertMay('change owner of', actor, image);
    if (event.type === 'ImageAttributesChanged') {
      const { container_format: container, disk_format: disk } = event.data.changes;
      if ((container ?? disk) && image.status !== 'queued' && image.status !== 'importing') {
        throw new DomainError('formats-locked', { id: image.id, status: image.status });
      }
    }
  }
}
