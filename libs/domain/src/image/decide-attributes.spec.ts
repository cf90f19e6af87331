import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import type { AttributeChange } from './commands.js';
import { active, admin, at, create, given, id, image, refused, type ShortCommand } from './image.spec-kit.js';

const change = (...changes: AttributeChange[]): ShortCommand => ({ type: 'ChangeImage', changes });
const replace = (attribute: string, value: unknown): AttributeChange => ({ op: 'replace', attribute, value });
const add = (attribute: string, value: unknown): AttributeChange => ({ op: 'add', attribute, value, mustBeNew: false });
const remove = (attribute: string): AttributeChange => ({ op: 'remove', attribute });

describe('creating an image', () => {
  it('gives what was not said its default', () => {
    expect(image({ type: 'CreateImage', id, attributes: {} })).toMatchObject({
      id,
      name: null,
      owner: 'alpha',
      status: 'queued',
      visibility: 'shared',
      protected: false,
      os_hidden: false,
      min_disk: 0,
      min_ram: 0,
      disk_format: null,
      container_format: null,
      tags: [],
      properties: {},
      createdAt: at,
      updatedAt: at,
    });
  });

  it('keeps unknown attributes as properties and tags as a set', () => {
    const made = image(create({ os_distro: 'debian', tags: ['a', 'b', 'a'] }));
    expect(made.properties).toEqual({ os_distro: 'debian' });
    expect(made.tags).toEqual(['a', 'b']);
  });

  it('refuses an id that was ever used', () => {
    expect(() => given(create()).when(create())).toThrow(refused('image-exists'));
    expect(() => given(create(), { type: 'DeleteImage' }).when(create())).toThrow(refused('image-exists'));
  });

  it.each<[string, unknown, DomainErrorCode]>([
    ['name', 5, 'invalid-attribute'],
    ['name', 'x'.repeat(256), 'invalid-attribute'],
    ['name', 'a 4-byte 🐧', 'invalid-attribute'],
    ['name', 'nul\0', 'invalid-attribute'],
    ['name', 'half \ud83d', 'invalid-attribute'],
    ['visibility', 'secret', 'invalid-attribute'],
    ['protected', 'true', 'invalid-attribute'],
    ['min_disk', -1, 'invalid-attribute'],
    ['min_disk', 1.5, 'invalid-attribute'],
    ['min_ram', 2 ** 31, 'invalid-attribute'],
    ['disk_format', 'qcow3', 'invalid-attribute'],
    ['container_format', 'tar', 'invalid-attribute'],
    ['tags', 'a', 'invalid-attribute'],
    ['tags', ['x'.repeat(256)], 'invalid-attribute'],
    ['os_distro', null, 'invalid-attribute'],
    ['os_distro', 12, 'invalid-attribute'],
    ['x'.repeat(256), 'long name', 'invalid-attribute'],
    ['status', 'active', 'read-only-attribute'],
    ['size', 5, 'read-only-attribute'],
    ['locations', [], 'read-only-attribute'],
    ['os_hash_value', 'x', 'read-only-attribute'],
    ['os_glance_import_task', 'x', 'reserved-attribute'],
    ['deleted_at', 'x', 'reserved-attribute'],
  ])('refuses %s = %j', (name, value, code) => {
    expect(() => given().when(create({ [name]: value }))).toThrow(refused(code));
  });

  it('holds the quotas of tags and properties', () => {
    const limits = { properties: 1, tags: 1, members: 1, locations: 1 };
    expect(() => given().when(create({ a: '1', b: '2' }), limits)).toThrow(refused('limit-exceeded'));
    expect(() => given().when(create({ tags: ['a', 'b'] }), limits)).toThrow(refused('limit-exceeded'));
    expect(given().when(create({ a: '1', tags: ['a'] }), { ...limits, tags: -1 })).toHaveLength(1);
  });
});

describe('changing an image', () => {
  it('says from what to what, one event a kind of change', () => {
    const events = given(create({ name: 'old', a: '1', b: '2', tags: ['x'] })).when(
      change(
        replace('name', 'new'),
        replace('a', '9'),
        remove('b'),
        add('c', '3'),
        replace('tags', ['y']),
        replace('protected', true),
      ),
    );
    expect(events).toEqual([
      { type: 'ImageAttributesChanged', data: { changes: { name: { from: 'old', to: 'new' } } } },
      {
        type: 'ImagePropertiesChanged',
        data: { changes: { a: { from: '1', to: '9' }, b: { from: '2', to: null }, c: { from: null, to: '3' } } },
      },
      { type: 'ImageTagRemoved', data: { tag: 'x' } },
      { type: 'ImageTagAdded', data: { tag: 'y' } },
      { type: 'ImageProtectionChanged', data: { from: false, to: true } },
    ]);
  });

  it('keeps a property that is called what every object has', () => {
    const attributes = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, unknown>;
    const made = image({ type: 'CreateImage', id, attributes });
    expect(Object.entries(made.properties)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    const [changed] = given(create()).when(change(add('__proto__', 'a'), add('constructor', 'b')));
    expect(JSON.stringify(changed)).toBe(
      '{"type":"ImagePropertiesChanged","data":{"changes":' +
        '{"__proto__":{"from":null,"to":"a"},"constructor":{"from":null,"to":"b"}}}}',
    );
  });

  it('is no event when nothing is different', () => {
    expect(given(create({ name: 'n', a: '1' })).when(change(replace('name', 'n'), add('a', '1')))).toEqual([]);
    expect(given(create()).when(change())).toEqual([]);
  });

  it.each<[string, AttributeChange, DomainErrorCode]>([
    ['replacing a missing property', replace('nope', 'x'), 'property-missing'],
    ['removing a missing property', remove('nope'), 'property-missing'],
    ['adding anew what is there', { ...add('a', '2'), mustBeNew: true } as AttributeChange, 'property-exists'],
    ['adding anew a base attribute', { ...add('name', 'x'), mustBeNew: true } as AttributeChange, 'property-exists'],
    ['removing a base attribute', remove('name'), 'attribute-not-removable'],
    ['removing the tags', remove('tags'), 'attribute-not-removable'],
    ['a read-only attribute', replace('status', 'active'), 'read-only-attribute'],
    ['the id', replace('id', id), 'read-only-attribute'],
    ['a reserved attribute', add('os_glance_x', 'x'), 'reserved-attribute'],
    ['a property of null', add('a', null), 'invalid-attribute'],
    ['another owner', replace('owner', 'beta'), 'forbidden'],
    ['visibility public', replace('visibility', 'public'), 'forbidden'],
  ])('refuses %s', (_, one, code) => {
    expect(() => given(create({ a: '1' })).when(change(one))).toThrow(refused(code));
  });

  it('applies all of a patch or nothing', () => {
    expect(() => given(create()).when(change(replace('name', 'new'), remove('nope')))).toThrow(
      refused('property-missing'),
    );
  });

  it('lets an admin publicize and give away', () => {
    const events = given(create()).when({
      ...change(replace('visibility', 'public'), replace('owner', 'beta')),
      actor: admin,
    });
    expect(events.map(({ type }) => type)).toEqual(['ImageVisibilityChanged', 'ImageOwnerChanged']);
  });

  it('changes formats only before there is data', () => {
    expect(given(create()).when(change(replace('disk_format', 'qcow2')))).toHaveLength(1);
    expect(() => given(...active()).when(change(replace('disk_format', 'qcow2')))).toThrow(refused('formats-locked'));
    expect(given(...active()).when(change(replace('disk_format', 'raw')))).toEqual([]);
  });
});

describe('tags', () => {
  it('are added once and removed when there', () => {
    expect(given(create()).when({ type: 'AddTag', tag: 'x' })).toEqual([{ type: 'ImageTagAdded', data: { tag: 'x' } }]);
    expect(given(create({ tags: ['x'] })).when({ type: 'AddTag', tag: 'x' })).toEqual([]);
    expect(() => given(create()).when({ type: 'RemoveTag', tag: 'x' })).toThrow(refused('tag-not-found'));
    expect(() =>
      given(create({ tags: ['x'] })).when(
        { type: 'AddTag', tag: 'y' },
        { properties: 1, tags: 1, members: 1, locations: 1 },
      ),
    ).toThrow(refused('limit-exceeded'));
  });
});
