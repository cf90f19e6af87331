import { DomainError } from '../domain-error.js';
import { boolean, invalid, oneOf, show, text } from '../values.js';
import { containerFormats, diskFormats, visibilities, type ImageAttributes } from './image.js';

/** Bounds of the Image API v2 schema and of Glance's quota options. */
export const attributeLimits = {
  nameLength: 255,
  tagLength: 255,
  propertyNameLength: 255,
  memberLength: 255,
  /** min_disk (GiB) and min_ram (MiB): a signed 32-bit column in Glance, and clients rely on the 400 */
  maxInteger: 2 ** 31 - 1,
} as const;

/** How many of each an image may have (Glance: image_property_quota, image_tag_quota, image_member_quota …). */
export interface ImageLimits {
  readonly properties: number;
  readonly tags: number;
  readonly members: number;
  readonly locations: number;
}
export const defaultImageLimits: ImageLimits = { properties: 128, tags: 128, members: 128, locations: 10 };

/** Shown by the API, set only by Vitrine; naming one in a request is a 403. */
export const readOnlyAttributes: ReadonlySet<string> = new Set([
  'id',
  'status',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'direct_url',
  'stores',
  'locations',
]);

/** Neither shown nor settable: Glance's own words for other things. */
export function isReserved(name: string): boolean {
  return name === 'location' || name === 'deleted' || name === 'deleted_at' || name.startsWith('os_glance');
}

const settable: { readonly [Name in keyof ImageAttributes]: (value: unknown) => ImageAttributes[Name] } = {
  name: (value) => (value === null ? null : text('name', value, attributeLimits.nameLength)),
  owner: (value) => (value === null ? null : text('owner', value, 255)),
  visibility: (value) => oneOf('visibility', value, visibilities),
  protected: (value) => boolean('protected', value),
  os_hidden: (value) => boolean('os_hidden', value),
  min_disk: (value) => integer('min_disk', value),
  min_ram: (value) => integer('min_ram', value),
  container_format: (value) => (value === null ? null : oneOf('container_format', value, containerFormats)),
  disk_format: (value) => (value === null ? null : oneOf('disk_format', value, diskFormats)),
};

export type AttributeName = keyof ImageAttributes;

export function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(settable, name);
}

/** The value as its attribute wants it. @throws DomainError invalid-attribute */
export function parseAttribute<Name extends AttributeName>(name: Name, value: unknown): ImageAttributes[Name] {
  return settable[name](value);
}

/** @throws DomainError invalid-attribute, reserved-attribute or read-only-attribute */
export function parseProperty(name: string, value: unknown): string {
  if (isReserved(name)) throw new DomainError('reserved-attribute', { attribute: name });
  if (readOnlyAttributes.has(name)) throw new DomainError('read-only-attribute', { attribute: name });
  if (name === '') invalid('', 'a property needs a name');
  text(name, name, attributeLimits.propertyNameLength);
  return text(name, value, Number.MAX_SAFE_INTEGER);
}

/** The tags as a set, in the order given. */
export function parseTags(value: unknown): string[] {
  if (!Array.isArray(value)) invalid('tags', `${show(value)} is not a list of strings`);
  return [...new Set(value.map(parseTag))];
}

export function parseTag(value: unknown): string {
  return text('tags', value, attributeLimits.tagLength);
}

/** The id of a project that an image is to be shared with. @throws DomainError invalid-attribute */
export function parseMember(value: unknown): string {
  if (value === '') invalid('member', 'it is empty');
  return text('member', value, attributeLimits.memberLength);
}

export function assertWithin(what: keyof ImageLimits, wanted: number, limits: ImageLimits): void {
  const limit = limits[what];
  if (limit >= 0 && wanted > limit) throw new DomainError('limit-exceeded', { what, limit, wanted });
}

function integer(attribute: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) invalid(attribute, `${show(value)} is not an integer`);
  if (value < 0 || value > attributeLimits.maxInteger) {
    invalid(attribute, `${value} is not between 0 and ${attributeLimits.maxInteger}`);
  }
  return value;
}
