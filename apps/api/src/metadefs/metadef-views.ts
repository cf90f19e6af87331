import { associationView, filled, namespacePath, namespaceView, said, timesOf, type CatalogNamespace } from '#catalog';
import { named, type MetadefProperty } from '#domain';

type NamespaceObject = CatalogNamespace['objects'][number];

/** The namespace with all that it holds; with a resource type, names as they are on such a resource. */
export function fullNamespaceView(namespace: CatalogNamespace, resourceType?: string): object {
  const prefix = (resourceType && named(namespace.resourceTypes, resourceType)?.prefix) ?? '';
  const contents = {
    resource_type_associations: namespace.resourceTypes.map(associationView),
    properties: propertiesView(namespace.properties, prefix),
    objects: namespace.objects.map((object) => objectView(namespace.namespace, object, prefix)),
    tags: namespace.tags.map(({ name }) => ({ name })),
  };
  return namespaceView(namespace, filled(contents));
}

export function objectView(namespace: string, object: NamespaceObject, prefix = ''): object {
  return {
    name: object.name,
    ...said({ description: object.description }),
    required: object.required.map((name) => prefix + name),
    properties: propertiesView(object.properties, prefix),
    ...timesOf(object),
    self: `${namespacePath(namespace)}/objects/${object.name}`,
    schema: '/v2/schemas/metadefs/object',
  };
}

/** By name; the names are keys, in alphabetical order. */
export function propertiesView(properties: readonly MetadefProperty[], prefix = ''): object {
  const sorted = [...properties].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(sorted.map(({ name, definition }) => [prefix + name, definition]));
}

/** One property alone. */
export const propertyView = ({ name, definition }: MetadefProperty): object => ({ ...definition, name });
export const tagView = ({ name, ...dates }: CatalogNamespace['tags'][number]): object => ({ name, ...timesOf(dates) });
