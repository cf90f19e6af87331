import { DomainError } from '../domain-error.js';
import { isAttribute, isReserved, readOnlyAttributes } from './attributes.js';
import type { Actor } from './policy.js';

export const propertyOperations = ['create', 'read', 'update', 'delete'] as const;
export type PropertyOperation = (typeof propertyOperations)[number];

/** Who may do what with the properties whose names the pattern finds. `@` among the roles is everybody, `!` nobody. */
export interface PropertyProtection {
  readonly property: RegExp;
  readonly roles: Readonly<Record<PropertyOperation, readonly string[]>>;
}

/** In order: the first one that fits a name decides, and a name that fits none is nobody's. Without any, nothing is protected. */
export type PropertyProtections = readonly PropertyProtection[];
export const noProtections: PropertyProtections = [];

export function mayOnProperty(
  operation: PropertyOperation,
  name: string,
  { roles }: Pick<Actor, 'roles'>,
  protections: PropertyProtections,
): boolean {
  if (protections.length === 0) return true;
  const allowed = protections.find(({ property }) => property.test(name))?.roles[operation] ?? [];
  if (allowed.includes('!')) return false;
  const own = roles.map((role) => role.toLowerCase());
  return allowed.some((role) => role === '@' || own.includes(role.toLowerCase()));
}

/** @throws DomainError property-protected */
export function assertMayOnProperty(
  operation: PropertyOperation,
  property: string,
  actor: Pick<Actor, 'roles'>,
  protections: PropertyProtections,
): void {
  if (!mayOnProperty(operation, property, actor, protections)) {
    throw new DomainError('property-protected', { operation, property });
  }
}

/** True for what a client has set beside the attributes that the Image API defines: only that can be protected. */
export function isProperty(name: string): boolean {
  return name !== 'tags' && !isAttribute(name) && !readOnlyAttributes.has(name) && !isReserved(name);
}

/** The image, or a part of it, as JSON shows it, without the properties that the actor may not read. */
export function readableOnly<T>(
  shown: Readonly<Record<string, T>>,
  actor: Pick<Actor, 'roles'>,
  protections: PropertyProtections,
): Record<string, T> {
  const readable = ([name]: [string, T]) => !isProperty(name) || mayOnProperty('read', name, actor, protections);
  return Object.fromEntries(Object.entries(shown).filter(readable));
}
