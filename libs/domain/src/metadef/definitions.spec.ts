import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import { create, given, type ShortCommand } from './metadef.spec-kit.js';
import { propertyTypes, type PropertyDefinition } from './namespace.js';

const refused = (code: DomainErrorCode, attribute: string) =>
  expect.objectContaining({ code, details: expect.objectContaining({ attribute }) });

describe('the attributes of a namespace', () => {
  it.each<[string, unknown, DomainErrorCode]>([
    ['namespace', undefined, 'invalid-attribute'],
    ['namespace', '', 'invalid-attribute'],
    ['namespace', 'x'.repeat(81), 'invalid-attribute'],
    ['namespace', 5, 'invalid-attribute'],
    ['namespace', 'a 4-byte 🐧', 'invalid-attribute'],
    ['namespace', 'nul\0', 'invalid-attribute'],
    ['display_name', 'x'.repeat(81), 'invalid-attribute'],
    ['display_name', null, 'invalid-attribute'],
    ['description', 'x'.repeat(501), 'invalid-attribute'],
    ['description', 'a 4-byte 🐧', 'invalid-attribute'],
    ['visibility', 'shared', 'invalid-attribute'],
    ['visibility', null, 'invalid-attribute'],
    ['protected', 'true', 'invalid-attribute'],
    ['owner', 'x'.repeat(256), 'invalid-attribute'],
    ['objects', {}, 'invalid-attribute'],
    ['objects', ['x'], 'invalid-attribute'],
    ['properties', [], 'invalid-attribute'],
    ['tags', [{}], 'invalid-attribute'],
    ['color', 'red', 'invalid-attribute'],
    ['id', 'x', 'invalid-attribute'],
    ['__proto__', {}, 'invalid-attribute'],
    ['created_at', 'x', 'read-only-attribute'],
    ['updated_at', 'x', 'read-only-attribute'],
    ['self', 'x', 'read-only-attribute'],
    ['schema', 'x', 'read-only-attribute'],
  ])('refuse %s = %j', (attribute, value, code) => {
    const body = JSON.parse(JSON.stringify({ namespace: 'n', [attribute]: value })) as Record<string, unknown>;
    const named = attribute === 'tags' ? 'name' : attribute;
    expect(() => given().when({ type: 'CreateNamespace', id: 'x', given: body })).toThrow(refused(code, named));
  });

  it('take each bound itself', () => {
    const bounds = { namespace: 'n'.repeat(80), display_name: 'd'.repeat(80), description: 'x'.repeat(500) };
    expect(given().then(create({ ...bounds, owner: 'o'.repeat(255) }))).toMatchObject(bounds);
  });
});

const addProperty = (more: object): ShortCommand => ({
  type: 'AddProperty',
  given: { name: 'p', type: 'string', title: 'T', ...more },
});

describe('a property definition', () => {
  const everything: Omit<PropertyDefinition, 'name'> = {
    ...{ type: 'array', title: 'T', description: 'D', operators: ['<in>'], default: 'x', readonly: true },
    ...{ confidential: false, enum: ['a', null], minimum: -1.5, maximum: 2, minLength: 0, maxLength: 9, pattern: '[' },
    ...{ items: { type: 'string', enum: ['a'] }, minItems: 0, maxItems: 3, uniqueItems: true, additionalItems: false },
    required: ['a', 'b'],
  };

  it('keeps all that JSON schema says of a property', () => {
    const { properties } = given(create()).then(addProperty(everything));
    expect(properties).toEqual([{ name: 'p', definition: { name: 'p', ...everything } }]);
  });

  it.each(propertyTypes)('may be of type %s', (type) => {
    expect(given(create()).when(addProperty({ type }))).toHaveLength(1);
  });

  it.each([
    [5, '5'],
    [-0.5, '-0.5'],
    [true, 'True'],
    [false, 'False'],
    ['ü', 'ü'],
  ])('has the default %j as the text %j, as in Glance', (value, text) => {
    expect(given(create()).then(addProperty({ default: value })).properties[0]!.definition.default).toBe(text);
  });

  it('has no default when it is null', () => {
    const { definition } = given(create()).then(addProperty({ default: null })).properties[0]!;
    expect(definition).toEqual({ name: 'p', type: 'string', title: 'T' });
  });

  it.each<[string, unknown, string?]>([
    ['name', 'x'.repeat(81)],
    ['name', ''],
    ['type', 'text'],
    ['type', null],
    ['type', undefined],
    ['title', undefined],
    ['title', 'a 4-byte 🐧'],
    ['description', 5],
    ['operators', [1]],
    ['default', []],
    ['default', {}],
    ['readonly', 'yes'],
    ['confidential', 1],
    ['enum', 'a'],
    ['enum', [1]],
    ['minimum', '1'],
    ['maximum', null],
    ['minLength', -1],
    ['maxLength', 1.5],
    ['pattern', 5],
    ['items', 'string'],
    ['items', {}, 'items.type'],
    ['items', { type: 'string', enum: [1] }, 'items.enum'],
    ['items', { type: 'string', color: 'red' }, 'color'],
    ['minItems', '0'],
    ['maxItems', -1],
    ['uniqueItems', 'true'],
    ['additionalItems', {}],
    ['required', ['a', 'a']],
    ['required', [5]],
    ['color', 'red'],
    ['constructor', 'x'],
  ])('refuses %s = %j', (field, value, attribute = field) => {
    expect(() => given(create()).when(addProperty({ [field]: value }))).toThrow(
      refused('invalid-attribute', attribute),
    );
  });

  it('refuses a number that JSON cannot write', () => {
    expect(() => given(create()).when(addProperty({ maximum: Infinity }))).toThrow(
      refused('invalid-attribute', 'maximum'),
    );
  });

  it('has the name of its key in a collection, whatever it says itself', () => {
    const { properties } = given().then(create({ properties: { key: { name: 'other', type: 'string', title: 'T' } } }));
    expect(properties).toEqual([{ name: 'key', definition: { name: 'key', type: 'string', title: 'T' } }]);
  });

  it('may be called like something that every object has', () => {
    const properties = JSON.parse('{"__proto__": {"type": "string", "title": "T"}}') as object;
    const added = given().then(create({ properties }));
    expect(added.properties).toEqual([{ name: '__proto__', definition: { type: 'string', title: 'T' } }]);
  });
});

describe('bodies of single things', () => {
  it.each<[string, ShortCommand, DomainErrorCode, string]>([
    ['an object without a name', { type: 'AddObject', given: {} }, 'invalid-attribute', 'name'],
    ['an object with a link', { type: 'AddObject', given: { name: 'o', self: '/' } }, 'read-only-attribute', 'self'],
    [
      'an object with a time',
      { type: 'AddObject', given: { name: 'o', created_at: '' } },
      'read-only-attribute',
      'created_at',
    ],
    ['an unknown member', { type: 'AddObject', given: { name: 'o', size: 1 } }, 'invalid-attribute', 'size'],
    [
      'one property of an object',
      { type: 'AddObject', given: { name: 'o', properties: { p: { type: 'string' } } } },
      'invalid-attribute',
      'title',
    ],
    ['a time', addProperty({ created_at: '' }), 'read-only-attribute', 'created_at'],
    ['a link of a property', addProperty({ self: '' }), 'invalid-attribute', 'self'],
    ['a long tag', { type: 'AddNamespaceTag', name: 'x'.repeat(81) }, 'invalid-attribute', 'name'],
    [
      'a tag with more',
      { type: 'ChangeNamespaceTag', name: 't', given: { name: 'x', y: 1 } },
      'invalid-attribute',
      'y',
    ],
    ['no tags', { type: 'SetNamespaceTags', given: {}, append: false }, 'invalid-attribute', 'tags'],
    ['bare tags', { type: 'SetNamespaceTags', given: { tags: ['a'] }, append: false }, 'invalid-attribute', 'tags'],
    [
      'a long prefix',
      { type: 'AssociateResourceType', given: { name: 'r', prefix: 'x'.repeat(81) } },
      'invalid-attribute',
      'prefix',
    ],
    [
      'a null target',
      { type: 'AssociateResourceType', given: { name: 'r', properties_target: null } },
      'invalid-attribute',
      'properties_target',
    ],
    ['an association without a name', { type: 'AssociateResourceType', given: {} }, 'invalid-attribute', 'name'],
  ])('refuse %s', (_, command, code, attribute) => {
    expect(() => given(create({ tags: [{ name: 't' }] })).when(command)).toThrow(refused(code, attribute));
  });
});
