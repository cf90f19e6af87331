import { metadefLimits, namespaceVisibilities, propertyTypes } from '#domain';
import { collectionSchema } from './collection-schema.js';

const name = { type: 'string', maxLength: metadefLimits.name };
const string = { type: 'string' };
const boolean = { type: 'boolean' };
const ofDefinition = (definition: string) => ({ $ref: `#/definitions/${definition}` });
const time = (description: string) => ({ type: 'string', readOnly: true, description, format: 'date-time' });
const times = (what: string) => ({
  created_at: time(`When the ${what} was made`),
  updated_at: time(`When the ${what} was last changed`),
});
const links = { schema: { readOnly: true, type: 'string' }, self: { readOnly: true, type: 'string' } };
const listOf = (properties: object) => ({ type: 'array', items: { type: 'object', properties } });

const valueType = { type: 'string', enum: [...propertyTypes, null] };

/** JSON schema of what a property definition says; the bounds are the domain's. */
const propertyFields = {
  name,
  title: string,
  description: string,
  operators: { type: 'array', items: string },
  type: valueType,
  required: ofDefinition('stringArray'),
  minimum: { type: 'number' },
  maximum: { type: 'number' },
  maxLength: ofDefinition('positiveInteger'),
  minLength: ofDefinition('positiveIntegerDefault0'),
  pattern: { type: 'string', format: 'regex' },
  enum: { type: 'array' },
  readonly: boolean,
  default: {},
  items: { type: 'object', properties: { type: valueType, enum: { type: 'array' } } },
  maxItems: ofDefinition('positiveInteger'),
  minItems: ofDefinition('positiveIntegerDefault0'),
  uniqueItems: { type: 'boolean', default: false },
  additionalItems: boolean,
};

const numbers = {
  positiveInteger: { type: 'integer', minimum: 0 },
  positiveIntegerDefault0: { allOf: [ofDefinition('positiveInteger'), { default: 0 }] },
};
const strings = { type: 'array', items: string, uniqueItems: true };
const definitions = {
  ...numbers,
  stringArray: strings,
  property: {
    type: 'object',
    additionalProperties: { type: 'object', required: ['title', 'type'], properties: propertyFields },
  },
};

interface ItemSchema {
  readonly name: string;
  readonly properties: object;
  readonly additionalProperties: false;
  readonly definitions?: object;
  readonly required: readonly string[];
}

const namespace: ItemSchema = {
  name: 'namespace',
  properties: {
    namespace: { ...name, description: 'Name that no other namespace has.' },
    display_name: {
      type: 'string',
      description: 'Name for people; dashboards show it.',
      maxLength: metadefLimits.display_name,
    },
    description: { type: 'string', description: 'What it is about.', maxLength: metadefLimits.description },
    visibility: { type: 'string', description: 'Who can see it.', enum: namespaceVisibilities },
    protected: { type: 'boolean', description: 'If true, it cannot be deleted, nor anything in it.' },
    owner: { type: 'string', description: 'Project that it belongs to.', maxLength: metadefLimits.owner },
    ...times('namespace'),
    ...links,
    resource_type_associations: listOf({ name: string, prefix: string, properties_target: string }),
    properties: ofDefinition('property'),
    objects: listOf({
      name: string,
      description: string,
      required: ofDefinition('stringArray'),
      properties: ofDefinition('property'),
    }),
    tags: listOf({ name: string }),
  },
  additionalProperties: false,
  definitions,
  required: ['namespace'],
};

const resourceType: ItemSchema = {
  name: 'resource_type_association',
  properties: {
    name: { ...name, description: 'Name of the resource type, as Heat has it where it knows the type.' },
    prefix: {
      ...name,
      description: 'With which names of properties begin on such a resource, separator included: hw_ or hw:',
    },
    properties_target: { ...name, description: 'Which of several sets of properties that such a resource has.' },
    ...times('association'),
  },
  additionalProperties: false,
  required: ['name'],
};

const property: ItemSchema = {
  name: 'property',
  properties: propertyFields,
  additionalProperties: false,
  definitions: { ...numbers, stringArray: { ...strings, minItems: 1 } },
  required: ['type', 'title', 'name'],
};

const object: ItemSchema = {
  name: 'object',
  properties: {
    name,
    description: string,
    required: ofDefinition('stringArray'),
    properties: ofDefinition('property'),
    ...links,
    ...times('object'),
  },
  additionalProperties: false,
  definitions,
  required: ['name'],
};

const tag: ItemSchema = {
  name: 'tag',
  properties: { name, ...times('tag') },
  additionalProperties: false,
  required: ['name'],
};

/** References are looked up from the top, so the definitions move there. */
function collectionOf(collection: string, { definitions: shared, ...item }: ItemSchema) {
  return { ...collectionSchema(collection, item), ...(shared && { definitions: shared }) };
}

/** Properties are members by their names, which are then not within. */
function propertiesSchema() {
  const { definitions: shared, ...item } = { ...property, required: ['type', 'title'] };
  const { properties, ...page } = collectionSchema('properties', {});
  const members = { type: 'object', additionalProperties: item };
  return { ...page, properties: { ...properties, properties: members }, definitions: shared };
}

/** Last part of `/v2/schemas/metadefs/…` → schema. */
export const metadefSchemas: Readonly<Record<string, object>> = {
  namespace,
  namespaces: collectionOf('namespaces', namespace),
  resource_type: resourceType,
  resource_types: collectionOf('resource_type_associations', resourceType),
  property,
  properties: propertiesSchema(),
  object,
  objects: collectionOf('objects', object),
  tag,
  tags: collectionOf('tags', tag),
};
