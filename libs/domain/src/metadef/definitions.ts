import { DomainError } from '../domain-error.js';
import { boolean, invalid, oneOf, show, text } from '../values.js';
import {
  namespaceVisibilities,
  propertyTypes,
  type MetadefObject,
  type MetadefProperty,
  type NamespaceAttributes,
  type PropertyDefinition,
  type ResourceTypeAssociation,
} from './namespace.js';

/** Bounds of the Image API v2 schemas of metadata definitions, in characters. */
export const metadefLimits = { name: 80, display_name: 80, description: 500, owner: 255 } as const;

const unbounded = Number.MAX_SAFE_INTEGER;

type Given = Readonly<Record<string, unknown>>;

/** Shown by the API, set only by Vitrine; naming one in a request is a 403. */
const ownTimes = ['created_at', 'updated_at'];
const ownLinks = ['self', 'schema'];

/** Of a namespace's body, beside its attributes. */
const contents = ['resource_type_associations', 'properties', 'objects', 'tags'];
const attributeNames = ['namespace', 'display_name', 'description', 'visibility', 'protected', 'owner'];

/** What is not given has its default, also when a namespace is changed; `owner` is the one who has none. */
export function parseNamespaceAttributes(given: Given, owner: string | null): NamespaceAttributes {
  assertKnown(given, [...attributeNames, ...contents], [...ownTimes, ...ownLinks]);
  const { visibility = 'private', protected: isProtected = false, owner: wanted = owner } = given;
  const short = (attribute: 'display_name' | 'description') =>
    optional(given[attribute], (value) => text(attribute, value, metadefLimits[attribute]));
  return {
    namespace: parseName('namespace', given.namespace),
    display_name: short('display_name'),
    description: short('description'),
    visibility: oneOf('visibility', visibility, namespaceVisibilities),
    protected: boolean('protected', isProtected),
    owner: text('owner', wanted, metadefLimits.owner),
  };
}

export function parseObject(given: Given): MetadefObject {
  assertKnown(given, ['name', 'description', 'required', 'properties'], [...ownTimes, ...ownLinks]);
  const { name, description, required = [], properties = {} } = given;
  return {
    name: parseName('name', name),
    description: optional(description, (value) => text('description', value, unbounded)),
    required: distinctStrings('required', required),
    properties: parseProperties(properties),
  };
}

/** The property of a body of its own, which holds its name too. */
export function parseNamedProperty(given: Given): MetadefProperty {
  assertKnown(given, Object.keys(fields), ownTimes);
  return parseProperty(parseName('name', given.name), given);
}

export function parseResourceType(given: Given): ResourceTypeAssociation {
  assertKnown(given, ['name', 'prefix', 'properties_target'], ownTimes);
  const short = (attribute: 'prefix' | 'properties_target') =>
    optional(given[attribute], (value) => text(attribute, value, metadefLimits.name));
  return {
    name: parseName('name', given.name),
    prefix: short('prefix'),
    properties_target: short('properties_target'),
  };
}

/** `{"name": …}` */
export function parseTag(given: Given): string {
  assertKnown(given, ['name'], ownTimes);
  return parseName('name', given.name);
}

/** What a new namespace brings with it. Exported ones carry times and links, which are passed over. */
export function parseContents(given: Given): {
  readonly resource_types: ResourceTypeAssociation[];
  readonly properties: MetadefProperty[];
  readonly objects: MetadefObject[];
  readonly tags: string[];
} {
  const { resource_type_associations: resourceTypes = [], properties = {}, objects = [], tags = [] } = given;
  const each = <T>(attribute: string, list: unknown, parse: (one: Given) => T) =>
    listOf(attribute, list).map((one) => parse(withoutOwn(objectOf(attribute, one))));
  return {
    resource_types: each('resource_type_associations', resourceTypes, parseResourceType),
    properties: parseProperties(properties),
    objects: each('objects', objects, parseObject),
    tags: each('tags', tags, parseTag),
  };
}

/** `{"tags": [{"name": …}]}` */
export function parseTags(given: Given): string[] {
  assertKnown(given, ['tags'], ownTimes);
  return listOf('tags', given.tags).map((one) => parseTag(objectOf('tags', one)));
}

export function parseName(attribute: string, value: unknown): string {
  const name = text(attribute, value, metadefLimits.name);
  if (name === '') invalid(attribute, 'a name needs at least one character');
  return name;
}

/** `{"<name>": {"type": …}}` */
function parseProperties(value: unknown): MetadefProperty[] {
  return Object.entries(objectOf('properties', value)).map(([name, one]) =>
    parseProperty(parseName('properties', name), objectOf(`properties.${name}`, one)),
  );
}

function parseProperty(name: string, given: Given): MetadefProperty {
  assertKnown(given, Object.keys(fields), []);
  // A type and a title must be there.
  const parsed = Object.entries({ type: undefined, title: undefined, ...given }).map(
    ([field, value]) => [field, fields[field as keyof PropertyDefinition](field, value)] as const,
  );
  const definition = Object.fromEntries(parsed.filter(([, value]) => value !== undefined));
  return {
    name,
    definition: { ...definition, ...(Object.hasOwn(given, 'name') && { name }) } as unknown as PropertyDefinition,
  };
}

type Parser<T> = (attribute: string, value: unknown) => T;

const fields: { readonly [Field in keyof PropertyDefinition]-?: Parser<PropertyDefinition[Field]> } = {
  name: parseName,
  type: (attribute, value) => oneOf(attribute, value, propertyTypes),
  title: (attribute, value) => text(attribute, value, unbounded),
  description: (attribute, value) => text(attribute, value, unbounded),
  operators: (attribute, value) => listOf(attribute, value).map((one) => text(attribute, one, unbounded)),
  default: defaultText,
  readonly: boolean,
  confidential: boolean,
  enum: choices,
  minimum: number,
  maximum: number,
  minLength: count,
  maxLength: count,
  pattern: (attribute, value) => text(attribute, value, unbounded),
  items: (attribute, value) => {
    const { type, enum: allowed, ...more } = objectOf(attribute, value);
    assertKnown(more, [], []);
    const parsed = oneOf(`${attribute}.type`, type, propertyTypes);
    return { type: parsed, ...(allowed !== undefined && { enum: choices(`${attribute}.enum`, allowed) }) };
  },
  minItems: count,
  maxItems: count,
  uniqueItems: boolean,
  additionalItems: boolean,
  required: distinctStrings,
};

/** Glance shows every default as text, and dashboards rely on it: 5 is "5", true is "True". */
function defaultText(attribute: string, value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return text(attribute, typeof value === 'number' ? String(value) : value, unbounded);
}

function choices(attribute: string, value: unknown): (string | null)[] {
  return listOf(attribute, value).map((one) => (one === null ? null : text(attribute, one, unbounded)));
}

function distinctStrings(attribute: string, value: unknown): string[] {
  const strings = listOf(attribute, value).map((one) => text(attribute, one, unbounded));
  if (new Set(strings).size < strings.length) invalid(attribute, 'it names something twice');
  return strings;
}

function number(attribute: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) invalid(attribute, `${show(value)} is not a number`);
  return value;
}

function count(attribute: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    invalid(attribute, `${show(value)} is not a whole number of 0 or more`);
  }
  return value as number;
}

const optional = <T>(value: unknown, parse: (value: unknown) => T): T | null =>
  value === undefined ? null : parse(value);

function listOf(attribute: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) invalid(attribute, `${show(value)} is not a list`);
  return value;
}

function objectOf(attribute: string, value: unknown): Given {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    invalid(attribute, `${show(value)} is not an object`);
  }
  return value as Given;
}

function assertKnown(given: Given, known: readonly string[], readOnly: readonly string[]): void {
  for (const attribute of Object.keys(given)) {
    if (readOnly.includes(attribute)) throw new DomainError('read-only-attribute', { attribute });
    if (!known.includes(attribute)) invalid(attribute, 'it is not known here');
  }
}

function withoutOwn(given: Given): Given {
  return Object.fromEntries(Object.entries(given).filter(([name]) => ![...ownTimes, ...ownLinks].includes(name)));
}
