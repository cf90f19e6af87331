import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import {
  alice,
  at,
  bob,
  create,
  definition,
  disks,
  full,
  given,
  later,
  type ShortCommand,
} from './metadef.spec-kit.js';

const refused = (code: DomainErrorCode, details?: object) =>
  expect.objectContaining({ code, ...(details && { details: expect.objectContaining(details) }) });
const named = (name: string) => expect.objectContaining({ name });
const disksObject = { ...disks, properties: [{ name: 'bus', definition }] };
const speed = { name: 'speed', definition: { type: 'integer', title: 'Speed' } };
const image = { name: 'OS::Glance::Image', prefix: 'hw_', properties_target: null };

describe('objects', () => {
  it('are added at the end', () => {
    const add: ShortCommand = { type: 'AddObject', given: { name: 'nets' } };
    const nets = { name: 'nets', description: null, required: [], properties: [] };
    expect(given(full()).when(add)).toEqual([{ type: 'MetadefObjectAdded', data: { object: nets } }]);
    const { objects, updatedAt } = given(full()).then(add);
    expect(objects).toEqual([named('disks'), { ...nets, createdAt: later, updatedAt: later }]);
    expect(updatedAt).toEqual(at);
  });

  it('are replaced as a whole, also under a new name', () => {
    const to = { name: 'drives', description: null, required: [], properties: [{ name: 'x', definition }] };
    const change: ShortCommand = {
      type: 'ChangeObject',
      name: 'disks',
      given: { name: 'drives', properties: { x: definition } },
    };
    expect(given(full()).when(change)).toEqual([{ type: 'MetadefObjectChanged', data: { from: disksObject, to } }]);
    expect(given(full()).then(change).objects).toEqual([{ ...to, createdAt: at, updatedAt: later }]);
  });

  it('are not changed by the same again, in whatever order its members come', () => {
    const { description, ...rest } = disks;
    const sent = { description, ...rest, properties: { bus: { title: definition.title, type: definition.type } } };
    expect(given(full()).when({ type: 'ChangeObject', name: 'disks', given: sent })).toEqual([]);
  });

  it('are removed one by one or all at once', () => {
    const two = [full(), { type: 'AddObject', given: { name: 'nets' } }] as const;
    const one: ShortCommand = { type: 'RemoveObject', name: 'disks' };
    expect(given(...two).when(one)).toEqual([{ type: 'MetadefObjectsRemoved', data: { objects: [disksObject] } }]);
    expect(given(...two).then(one).objects).toEqual([named('nets')]);
    expect(given(...two).when({ type: 'RemoveObjects' })).toEqual([
      { type: 'MetadefObjectsRemoved', data: { objects: [disksObject, expect.objectContaining({ name: 'nets' })] } },
    ]);
    expect(given(...two).then({ type: 'RemoveObjects' }).objects).toEqual([]);
    expect(given(create()).when({ type: 'RemoveObjects' })).toEqual([]);
  });
});

describe('properties', () => {
  it('are added with the name that the body says', () => {
    const add: ShortCommand = { type: 'AddProperty', given: { name: 'size', ...definition } };
    const size = { name: 'size', definition: { ...definition, name: 'size' } };
    expect(given(full()).when(add)).toEqual([{ type: 'MetadefPropertyAdded', data: { property: size } }]);
    expect(given(full()).then(add).properties).toEqual([speed, size]);
  });

  it('are replaced as a whole, also under a new name', () => {
    const change: ShortCommand = { type: 'ChangeProperty', name: 'speed', given: { name: 'rate', ...definition } };
    const rate = { name: 'rate', definition: { ...definition, name: 'rate' } };
    expect(given(full()).when(change)).toEqual([{ type: 'MetadefPropertyChanged', data: { from: speed, to: rate } }]);
    expect(given(full()).then(change).properties).toEqual([rate]);
  });

  it('are not changed by the same again', () => {
    const same = { name: 'a', type: 'string', title: 'T', enum: ['x', null], minLength: 1 };
    const made = [create(), { type: 'AddProperty', given: same }] as const;
    expect(given(...made).when({ type: 'ChangeProperty', name: 'a', given: same })).toEqual([]);
    const other = { ...same, enum: [null, 'x'] };
    expect(given(...made).when({ type: 'ChangeProperty', name: 'a', given: other })).toHaveLength(1);
  });

  it('are removed one by one or all at once', () => {
    for (const remove of [{ type: 'RemoveProperty', name: 'speed' }, { type: 'RemoveProperties' }] as const) {
      expect(given(full()).when(remove)).toEqual([{ type: 'MetadefPropertiesRemoved', data: { properties: [speed] } }]);
      expect(given(full()).then(remove).properties).toEqual([]);
    }
    expect(given(create()).when({ type: 'RemoveProperties' })).toEqual([]);
  });
});

describe('tags', () => {
  const set = (append: boolean, ...names: string[]): ShortCommand => ({
    type: 'SetNamespaceTags',
    given: { tags: names.map((name) => ({ name })) },
    append,
  });
  const names = (command: ShortCommand) =>
    given(full())
      .then(command)
      .tags.map(({ name }) => name);

  it('are added and renamed', () => {
    expect(given(full()).when({ type: 'AddNamespaceTag', name: 'new' })).toEqual([
      { type: 'MetadefTagsAdded', data: { tags: ['new'] } },
    ]);
    const rename: ShortCommand = { type: 'ChangeNamespaceTag', name: 'fast', given: { name: 'quick' } };
    expect(given(full()).when(rename)).toEqual([{ type: 'MetadefTagRenamed', data: { from: 'fast', to: 'quick' } }]);
    expect(given(full()).then(rename).tags[0]).toEqual({ name: 'quick', createdAt: at, updatedAt: later });
    expect(given(full()).when({ type: 'ChangeNamespaceTag', name: 'fast', given: { name: 'fast' } })).toEqual([]);
  });

  it('are replaced by a list; those that stay keep their age', () => {
    expect(given(full()).when(set(false, 'new', 'slow'))).toEqual([
      { type: 'MetadefTagsRemoved', data: { tags: ['fast'] } },
      { type: 'MetadefTagsAdded', data: { tags: ['new'] } },
    ]);
    expect(given(full()).then(set(false, 'new', 'slow')).tags).toEqual([
      { name: 'slow', createdAt: at, updatedAt: at },
      { name: 'new', createdAt: later, updatedAt: later },
    ]);
  });

  it('are appended when it is asked for, and then must be new', () => {
    expect(names(set(true, 'new', 'newer'))).toEqual(['fast', 'slow', 'new', 'newer']);
    expect(() => names(set(true, 'new', 'fast'))).toThrow(refused('definition-exists', { kind: 'tag', name: 'fast' }));
    expect(() => names(set(false, 'x', 'x'))).toThrow(refused('definition-exists', { name: 'x' }));
  });

  it('are not touched by an empty list, as in Glance', () => {
    expect(given(full()).when(set(false))).toEqual([]);
  });

  it('are replaced in a protected namespace too, as in Glance', () => {
    expect(given(full({ protected: true })).when(set(false, 'new'))).toHaveLength(2);
  });

  it('are removed one by one or all at once', () => {
    expect(names({ type: 'RemoveNamespaceTag', name: 'fast' })).toEqual(['slow']);
    expect(given(full()).when({ type: 'RemoveNamespaceTags' })).toEqual([
      { type: 'MetadefTagsRemoved', data: { tags: ['fast', 'slow'] } },
    ]);
    expect(names({ type: 'RemoveNamespaceTags' })).toEqual([]);
    expect(given(create()).when({ type: 'RemoveNamespaceTags' })).toEqual([]);
  });
});

describe('resource types', () => {
  it('are associated once, and stay known after their last association', () => {
    const flavor = { name: 'OS::Nova::Flavor', prefix: 'hw:', properties_target: null };
    const add: ShortCommand = { type: 'AssociateResourceType', given: { name: 'OS::Nova::Flavor', prefix: 'hw:' } };
    expect(given(full()).when(add)).toEqual([
      { type: 'MetadefResourceTypeAssociated', data: { resource_type: flavor } },
    ]);
    const remove: ShortCommand = { type: 'DissociateResourceType', name: 'OS::Glance::Image' };
    expect(given(full(), add).when(remove)).toEqual([
      { type: 'MetadefResourceTypeDissociated', data: { resource_type: image } },
    ]);
    const after = given(full(), add).then(remove);
    expect(after.resourceTypes).toEqual([{ ...flavor, createdAt: at, updatedAt: at }]);
    const again = given(full(), add, remove).then({ type: 'AssociateResourceType', given: { name: image.name } });
    expect(again.knownResourceTypes).toEqual([
      { name: 'OS::Glance::Image', since: at },
      { name: 'OS::Nova::Flavor', since: at },
    ]);
  });
});

/** One command of each kind on something that is there, and the same on something that is not. */
const onOne: readonly (readonly [string, ShortCommand, ShortCommand])[] = [
  ['object', { type: 'RemoveObject', name: 'disks' }, { type: 'RemoveObject', name: 'nope' }],
  ['property', { type: 'RemoveProperty', name: 'speed' }, { type: 'RemoveProperty', name: 'nope' }],
  ['tag', { type: 'RemoveNamespaceTag', name: 'fast' }, { type: 'RemoveNamespaceTag', name: 'nope' }],
  [
    'resource type',
    { type: 'DissociateResourceType', name: 'OS::Glance::Image' },
    { type: 'DissociateResourceType', name: 'nope' },
  ],
];

it.each(onOne)('%s: what is not there is said to be missing, before protection is', (kind, _, missing) => {
  expect(() => given(full({ protected: true })).when(missing)).toThrow(
    refused('definition-not-found', { kind, name: 'nope', namespace: 'OS::Test' }),
  );
});

it.each(onOne)('%s: nothing is removed from a protected namespace', (kind, remove) => {
  expect(() => given(full({ protected: true })).when(remove)).toThrow(refused('namespace-protected', { kind }));
});

it.each(['RemoveObjects', 'RemoveProperties', 'RemoveNamespaceTags'] as const)(
  '%s is refused in a protected namespace, even in an empty one',
  (type) => {
    expect(() => given(create({ protected: true })).when({ type })).toThrow(refused('namespace-protected'));
  },
);

it.each<[string, ShortCommand]>([
  ['object', { type: 'AddObject', given: { name: 'disks' } }],
  ['property', { type: 'AddProperty', given: { name: 'speed', ...definition } }],
  ['tag', { type: 'AddNamespaceTag', name: 'fast' }],
  ['resource type', { type: 'AssociateResourceType', given: { name: 'OS::Glance::Image' } }],
  ['object', { type: 'ChangeObject', name: 'nets', given: { name: 'disks' } }],
  ['property', { type: 'ChangeProperty', name: 'size', given: { name: 'speed', ...definition } }],
  ['tag', { type: 'ChangeNamespaceTag', name: 'slow', given: { name: 'fast' } }],
])('%s: a name is given once (%j)', (kind, command) => {
  const before = [
    full(),
    { type: 'AddObject', given: { name: 'nets' } },
    { type: 'AddProperty', given: { name: 'size', ...definition } },
  ] as const;
  expect(() => given(...before).when(command)).toThrow(refused('definition-exists', { kind }));
});

it.each<ShortCommand>([
  { type: 'AddObject', given: { name: 'x' } },
  { type: 'ChangeObject', name: 'disks', given: { name: 'x' } },
  { type: 'RemoveObject', name: 'disks' },
  { type: 'RemoveObjects' },
  { type: 'AddProperty', given: { name: 'x', ...definition } },
  { type: 'ChangeProperty', name: 'speed', given: { name: 'x', ...definition } },
  { type: 'RemoveProperty', name: 'speed' },
  { type: 'RemoveProperties' },
  { type: 'AddNamespaceTag', name: 'x' },
  { type: 'ChangeNamespaceTag', name: 'fast', given: { name: 'x' } },
  { type: 'SetNamespaceTags', given: { tags: [{ name: 'x' }] }, append: false },
  { type: 'RemoveNamespaceTag', name: 'fast' },
  { type: 'RemoveNamespaceTags' },
  { type: 'AssociateResourceType', given: { name: 'x' } },
  { type: 'DissociateResourceType', name: 'OS::Glance::Image' },
])('$type is for admins: its owner is refused, strangers find nothing', (command) => {
  const own = full({ owner: 'alpha' });
  expect(() => given(own).when({ ...command, actor: alice })).toThrow(refused('namespace-forbidden'));
  expect(() => given(own).when({ ...command, actor: bob })).toThrow(refused('namespace-not-found'));
  expect(given(own).when(command)).not.toEqual([]);
});
