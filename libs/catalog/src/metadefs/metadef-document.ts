import type { Dated, MetadefNamespace, ResourceTypeAssociation } from '#domain';
import { imageTime } from '../images/image-document.js';

/** A namespace as it is; what only its history needs is left out. */
export type CatalogNamespace = Omit<MetadefNamespace, 'knownResourceTypes' | 'deletedAt'>;

/** Where clients find the namespace. Names stand in it as they are, as in Glance; a header needs it encoded. */
export const namespacePath = (namespace: string) => `/v2/metadefs/namespaces/${namespace}`;

/** The namespace itself, as every answer about it begins and ends (Image API v2, "Metadata definition namespaces"). */
export function namespaceView(namespace: CatalogNamespace, contents: object = {}): object {
  return {
    namespace: namespace.namespace,
    ...said({ display_name: namespace.display_name, description: namespace.description }),
    visibility: namespace.visibility,
    protected: namespace.protected,
    owner: namespace.owner,
    ...timesOf(namespace),
    ...contents,
    self: namespacePath(namespace.namespace),
    schema: '/v2/schemas/metadefs/namespace',
  };
}

/** The namespace as lists show it: with its associations, without its definitions. */
export function namespaceSummary(namespace: CatalogNamespace): object {
  return namespaceView(namespace, filled({ resource_type_associations: namespace.resourceTypes.map(associationView) }));
}

export function associationView({
  name,
  prefix,
  properties_target,
  ...dates
}: ResourceTypeAssociation & Dated): object {
  return { name, ...said({ prefix, properties_target }), ...timesOf(dates) };
}

export const timesOf = ({ createdAt, updatedAt }: Dated) => ({
  created_at: imageTime(createdAt),
  updated_at: imageTime(updatedAt),
});

/** What was never said is left out, not null. */
export function said(members: Readonly<Record<string, string | null>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

/** Empty lists are left out. */
export function filled(members: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => Object.keys(value).length > 0));
}
