import type { Actor } from '../image/policy.js';

/** What a client has sent, not yet looked at. */
type Given = Readonly<Record<string, unknown>>;

type Command<Type extends string, Body extends object = object> = {
  readonly type: Type;
  readonly actor: Actor;
  readonly at: Date;
} & Body;

export type MetadefCommand =
  /** `given` may hold objects, properties, tags and resource_type_associations beside the attributes */
  | Command<'CreateNamespace', { readonly id: string; readonly given: Given }>
  /** all attributes: one that is not given gets its default again */
  | Command<'ChangeNamespace', { readonly given: Given }>
  | Command<'DeleteNamespace'>
  | Command<'AddObject', { readonly given: Given }>
  | Command<'ChangeObject', { readonly name: string; readonly given: Given }>
  | Command<'RemoveObject', { readonly name: string }>
  | Command<'RemoveObjects'>
  | Command<'AddProperty', { readonly given: Given }>
  | Command<'ChangeProperty', { readonly name: string; readonly given: Given }>
  | Command<'RemoveProperty', { readonly name: string }>
  | Command<'RemoveProperties'>
  | Command<'AddNamespaceTag', { readonly name: string }>
  | Command<'ChangeNamespaceTag', { readonly name: string; readonly given: Given }>
  /** beside those that there are, or in their place */
  | Command<'SetNamespaceTags', { readonly given: Given; readonly append: boolean }>
  | Command<'RemoveNamespaceTag', { readonly name: string }>
  | Command<'RemoveNamespaceTags'>
  | Command<'AssociateResourceType', { readonly given: Given }>
  | Command<'DissociateResourceType', { readonly name: string }>;

export type MetadefCommandOf<Type extends MetadefCommand['type']> = Extract<MetadefCommand, { type: Type }>;
