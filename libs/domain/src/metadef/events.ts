import type { Change } from '../image/events.js';
import type { MetadefObject, MetadefProperty, NamespaceAttributes, ResourceTypeAssociation } from './namespace.js';

type AttributeChanges = { readonly [Name in keyof NamespaceAttributes]?: Change<NamespaceAttributes[Name]> };

type Event<Type extends string, Data extends object> = { readonly type: Type; readonly data: Data };

/** Everything that can happen to a namespace of metadata definitions. Stored type strings are these literals. */
export type MetadefEvent =
  | Event<
      'MetadefNamespaceCreated',
      {
        readonly id: string;
        readonly attributes: NamespaceAttributes;
        readonly resource_types: readonly ResourceTypeAssociation[];
        readonly properties: readonly MetadefProperty[];
        readonly objects: readonly MetadefObject[];
        readonly tags: readonly string[];
      }
    >
  | Event<'MetadefNamespaceChanged', { readonly changes: AttributeChanges }>
  | Event<'MetadefNamespaceDeleted', { readonly namespace: string }>
  | Event<'MetadefObjectAdded', { readonly object: MetadefObject }>
  | Event<'MetadefObjectChanged', Change<MetadefObject>>
  | Event<'MetadefObjectsRemoved', { readonly objects: readonly MetadefObject[] }>
  | Event<'MetadefPropertyAdded', { readonly property: MetadefProperty }>
  | Event<'MetadefPropertyChanged', Change<MetadefProperty>>
  | Event<'MetadefPropertiesRemoved', { readonly properties: readonly MetadefProperty[] }>
  | Event<'MetadefTagsAdded', { readonly tags: readonly string[] }>
  | Event<'MetadefTagRenamed', Change<string>>
  | Event<'MetadefTagsRemoved', { readonly tags: readonly string[] }>
  | Event<'MetadefResourceTypeAssociated', { readonly resource_type: ResourceTypeAssociation }>
  | Event<'MetadefResourceTypeDissociated', { readonly resource_type: ResourceTypeAssociation }>;

export type MetadefEventType = MetadefEvent['type'];

/** The schema version that new events are stored with; a changed shape gets the next number and an upcaster. */
export const metadefEventVersions: Readonly<Record<MetadefEventType, number>> = {
  MetadefNamespaceCreated: 1,
  MetadefNamespaceChanged: 1,
  MetadefNamespaceDeleted: 1,
  MetadefObjectAdded: 1,
  MetadefObjectChanged: 1,
  MetadefObjectsRemoved: 1,
  MetadefPropertyAdded: 1,
  MetadefPropertyChanged: 1,
  MetadefPropertiesRemoved: 1,
  MetadefTagsAdded: 1,
  MetadefTagRenamed: 1,
  MetadefTagsRemoved: 1,
  MetadefResourceTypeAssociated: 1,
  MetadefResourceTypeDissociated: 1,
};
