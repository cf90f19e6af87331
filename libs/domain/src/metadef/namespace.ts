export const namespaceVisibilities = ['public', 'private'] as const;
export type NamespaceVisibility = (typeof namespaceVisibilities)[number];

/** What is said of a namespace beside what it defines. */
export interface NamespaceAttributes {
  /** its name, which no other namespace has */
  readonly namespace: string;
  readonly display_name: string | null;
  readonly description: string | null;
  readonly visibility: NamespaceVisibility;
  /** nothing can be deleted from it, nor it itself */
  readonly protected: boolean;
  /** project */
  readonly owner: string;
}

export const propertyTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string'] as const;
export type PropertyType = (typeof propertyTypes)[number];

/** Which values a property takes, in the words of JSON schema (Image API v2, "Metadata definition properties"). */
export interface PropertyDefinition {
  /** the property's own name once more, where the client said it */
  readonly name?: string;
  readonly type: PropertyType;
  readonly title: string;
  readonly description?: string;
  /** with which a flavor's or aggregate's value may begin: `<in>`, `s==` … */
  readonly operators?: readonly string[];
  /** always as text, whatever the type */
  readonly default?: string;
  readonly readonly?: boolean;
  readonly confidential?: boolean;
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: { readonly type: PropertyType; readonly enum?: readonly (string | null)[] };
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly additionalItems?: boolean;
  readonly required?: readonly string[];
}

export interface MetadefProperty {
  readonly name: string;
  readonly definition: PropertyDefinition;
}

/** Properties that belong together. */
export interface MetadefObject {
  readonly name: string;
  readonly description: string | null;
  /** names of those of its properties that must be set */
  readonly required: readonly string[];
  readonly properties: readonly MetadefProperty[];
}

/** The namespace's properties can be set on resources of this type. */
export interface ResourceTypeAssociation {
  /** a name as Heat's: `OS::Glance::Image` */
  readonly name: string;
  /** with which the names begin on such a resource: `hw_` on images, `hw:` on flavors */
  readonly prefix: string | null;
  /** which of the resource's sets of properties: `image` of a volume */
  readonly properties_target: string | null;
}

export interface Dated {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A namespace that exists or has existed. Before its first event there is none (`undefined`). Lists are in order of age. */
export interface MetadefNamespace extends NamespaceAttributes, Dated {
  readonly id: string;
  readonly objects: readonly (MetadefObject & Dated)[];
  readonly properties: readonly MetadefProperty[];
  readonly tags: readonly ({ readonly name: string } & Dated)[];
  readonly resourceTypes: readonly (ResourceTypeAssociation & Dated)[];
  /** every resource type that it was ever associated with: a type stays known when its last association is gone */
  readonly knownResourceTypes: readonly { readonly name: string; readonly since: Date }[];
  readonly deletedAt: Date | null;
}

export type MetadefState = MetadefNamespace | undefined;

/** What a namespace lists by name. */
export type DefinitionKind = 'object' | 'property' | 'tag' | 'resource type';

export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T | undefined {
  return list.find((one) => one.name === name);
}
