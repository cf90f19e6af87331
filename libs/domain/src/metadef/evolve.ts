import { unreachable } from '../aggregate.js';
import type { MetadefEvent } from './events.js';
import {
  named,
  type Dated,
  type MetadefNamespace,
  type MetadefState,
  type NamespaceAttributes,
  type ResourceTypeAssociation,
} from './namespace.js';

/** The namespace after the event. Never refuses: what is in the log has happened. */
export function evolveMetadef(state: MetadefState, event: MetadefEvent, at: Date): MetadefNamespace {
  if (event.type === 'MetadefNamespaceCreated') return created(event.data, at);
  if (state === undefined) throw new Error(`${event.type} before MetadefNamespaceCreated`);
  const namespace = state;
  const fresh: Dated = { createdAt: at, updatedAt: at };

  switch (event.type) {
    case 'MetadefNamespaceChanged':
      return { ...namespace, ...targets(event.data.changes), updatedAt: at };
    case 'MetadefNamespaceDeleted':
      return { ...namespace, objects: [], properties: [], tags: [], resourceTypes: [], updatedAt: at, deletedAt: at };

    // What a namespace holds are its guests: their coming and going is no change of itself (Glance keeps updated_at).
    case 'MetadefObjectAdded':
      return { ...namespace, objects: [...namespace.objects, { ...event.data.object, ...fresh }] };
    case 'MetadefObjectChanged': {
      const { from, to } = event.data;
      return {
        ...namespace,
        objects: namespace.objects.map((one) => (one.name === from.name ? { ...one, ...to, updatedAt: at } : one)),
      };
    }
    case 'MetadefObjectsRemoved':
      return { ...namespace, objects: minus(namespace.objects, namesOf(event.data.objects)) };

    case 'MetadefPropertyAdded':
      return { ...namespace, properties: [...namespace.properties, event.data.property] };
    case 'MetadefPropertyChanged': {
      const { from, to } = event.data;
      return { ...namespace, properties: namespace.properties.map((one) => (one.name === from.name ? to : one)) };
    }
    case 'MetadefPropertiesRemoved':
      return { ...namespace, properties: minus(namespace.properties, namesOf(event.data.properties)) };

    case 'MetadefTagsAdded':
      return { ...namespace, tags: [...namespace.tags, ...event.data.tags.map((name) => ({ name, ...fresh }))] };
    case 'MetadefTagRenamed': {
      const { from, to } = event.data;
      return {
        ...namespace,
        tags: namespace.tags.map((one) => (one.name === from ? { ...one, name: to, updatedAt: at } : one)),
      };
    }
    case 'MetadefTagsRemoved':
      return { ...namespace, tags: minus(namespace.tags, event.data.tags) };

    case 'MetadefResourceTypeAssociated':
      return {
        ...namespace,
        resourceTypes: [...namespace.resourceTypes, { ...event.data.resource_type, ...fresh }],
        knownResourceTypes: known(namespace.knownResourceTypes, [event.data.resource_type], at),
      };
    case 'MetadefResourceTypeDissociated':
      return { ...namespace, resourceTypes: minus(namespace.resourceTypes, [event.data.resource_type.name]) };
    default:
      return unreachable(event);
  }
}

function created(data: Extract<MetadefEvent, { type: 'MetadefNamespaceCreated' }>['data'], at: Date): MetadefNamespace {
  const fresh: Dated = { createdAt: at, updatedAt: at };
  return {
    ...data.attributes,
    id: data.id,
    objects: data.objects.map((object) => ({ ...object, ...fresh })),
    properties: data.properties,
    tags: data.tags.map((name) => ({ name, ...fresh })),
    resourceTypes: data.resource_types.map((type) => ({ ...type, ...fresh })),
    knownResourceTypes: known([], data.resource_types, at),
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  };
}

type Known = MetadefNamespace['knownResourceTypes'];

function known(before: Known, types: readonly ResourceTypeAssociation[], since: Date): Known {
  return [...before, ...types.filter(({ name }) => !named(before, name)).map(({ name }) => ({ name, since }))];
}

function targets(
  changes: Extract<MetadefEvent, { type: 'MetadefNamespaceChanged' }>['data']['changes'],
): Partial<NamespaceAttributes> {
  return Object.fromEntries(Object.entries(changes).map(([name, { to }]) => [name, to]));
}

const namesOf = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

function minus<T extends { readonly name: string }>(list: readonly T[], names: readonly string[]): T[] {
  const gone = new Set(names);
  return list.filter(({ name }) => !gone.has(name));
}
