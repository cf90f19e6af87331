import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import {
  admin,
  alice,
  at,
  bob,
  create,
  definition,
  full,
  given,
  id,
  later,
  system,
  type ShortCommand,
} from './metadef.spec-kit.js';

const refused = (code: DomainErrorCode, details?: object) =>
  expect.objectContaining({ code, ...(details && { details: expect.objectContaining(details) }) });
const change = (more: Record<string, unknown> = {}): ShortCommand => ({
  type: 'ChangeNamespace',
  given: { namespace: 'OS::Test', ...more },
});
const remove: ShortCommand = { type: 'DeleteNamespace' };

describe('creating a namespace', () => {
  it('gives what was not said its default', () => {
    expect(given().when(create())).toEqual([
      {
        type: 'MetadefNamespaceCreated',
        data: {
          id,
          attributes: {
            namespace: 'OS::Test',
            display_name: null,
            description: null,
            visibility: 'private',
            protected: false,
            owner: 'admin',
          },
          ...{ resource_types: [], properties: [], objects: [], tags: [] },
        },
      },
    ]);
  });

  it('takes everything that it holds in one event', () => {
    const namespace = given().then(full({ visibility: 'public', protected: true, owner: 'alpha' }));
    const dates = { createdAt: later, updatedAt: later };
    expect(namespace).toEqual({
      id,
      ...{ namespace: 'OS::Test', display_name: null, description: null },
      ...{ visibility: 'public', protected: true, owner: 'alpha' },
      properties: [{ name: 'speed', definition: { type: 'integer', title: 'Speed' } }],
      objects: [
        {
          ...{ name: 'disks', description: 'of disks', required: ['bus'] },
          properties: [{ name: 'bus', definition }],
          ...dates,
        },
      ],
      tags: [
        { name: 'fast', ...dates },
        { name: 'slow', ...dates },
      ],
      resourceTypes: [{ name: 'OS::Glance::Image', prefix: 'hw_', properties_target: null, ...dates }],
      knownResourceTypes: [{ name: 'OS::Glance::Image', since: later }],
      ...dates,
      deletedAt: null,
    });
  });

  it('passes over the times and links of what was exported from another service', () => {
    const times = { created_at: '2014-01-01T00:00:00Z', updated_at: '2014-01-01T00:00:00Z' };
    const exported = given().when(
      create({
        objects: [{ name: 'o', self: '/x', schema: '/y', ...times }],
        tags: [{ name: 't', ...times }],
        resource_type_associations: [{ name: 'r', ...times }],
      }),
    );
    expect(exported[0]!.data).toMatchObject({
      objects: [{ name: 'o', description: null, required: [], properties: [] }],
      tags: ['t'],
      resource_types: [{ name: 'r', prefix: null, properties_target: null }],
    });
  });

  it.each([
    ['object', { objects: [{ name: 'x' }, { name: 'x' }] }],
    ['tag', { tags: [{ name: 'x' }, { name: 'x' }] }],
    ['resource type', { resource_type_associations: [{ name: 'x' }, { name: 'x', prefix: 'p' }] }],
  ])('refuses to hold one name twice: %s', (kind, more) => {
    expect(() => given().when(create(more))).toThrow(refused('definition-exists', { kind, name: 'x' }));
  });

  it('is for admins and for Vitrine itself, which must name an owner', () => {
    expect(() => given().when({ ...create(), actor: alice })).toThrow(refused('namespace-forbidden'));
    expect(given().when({ ...create({ owner: 'admin' }), actor: system })).toHaveLength(1);
    expect(() => given().when({ ...create(), actor: system })).toThrow(
      refused('invalid-attribute', { attribute: 'owner' }),
    );
  });

  it('refuses an id that was ever used: what was seeded and deleted does not come back', () => {
    expect(() => given(create()).when(create({ namespace: 'Other' }))).toThrow(
      refused('namespace-exists', { namespace: 'OS::Test' }),
    );
    expect(() => given(create(), remove).when(create())).toThrow(refused('namespace-exists'));
  });
});

describe('changing a namespace', () => {
  it('says from what to what', () => {
    const before = create({ display_name: 'Old', description: 'kept', owner: 'alpha' });
    const after = change({
      ...{ namespace: 'OS::New', display_name: 'New', description: 'kept' },
      ...{ visibility: 'public', protected: true, owner: 'beta' },
    });
    expect(given(before).when(after)).toEqual([
      {
        type: 'MetadefNamespaceChanged',
        data: {
          changes: {
            namespace: { from: 'OS::Test', to: 'OS::New' },
            display_name: { from: 'Old', to: 'New' },
            visibility: { from: 'private', to: 'public' },
            protected: { from: false, to: true },
            owner: { from: 'alpha', to: 'beta' },
          },
        },
      },
    ]);
  });

  it('gives what was not said its default again', () => {
    const before = create({
      display_name: 'D',
      description: 'D',
      visibility: 'public',
      protected: true,
      owner: 'alpha',
    });
    expect(given(before).then(change())).toMatchObject({
      ...{ display_name: null, description: null, visibility: 'private', protected: false, owner: 'admin' },
      ...{ createdAt: at, updatedAt: later },
    });
  });

  it('is no event when nothing is different', () => {
    expect(given(create()).when(change())).toEqual([]);
  });

  it('leaves alone what the namespace holds, though clients send it back', () => {
    const sent = change({ display_name: 'New', objects: [], properties: {}, tags: [{ name: 'x' }] });
    const { objects, properties, tags, resourceTypes } = given(full()).then(sent);
    expect([objects.length, properties.length, tags.length, resourceTypes.length]).toEqual([1, 1, 2, 1]);
  });

  it.each<[string, Record<string, unknown>, DomainErrorCode]>([
    ['no name', { namespace: undefined }, 'invalid-attribute'],
    ['a wrong visibility', { visibility: 'shared' }, 'invalid-attribute'],
    ['a link', { self: '/v2/x' }, 'read-only-attribute'],
    ['an unknown attribute', { color: 'red' }, 'invalid-attribute'],
  ])('refuses %s', (_, more, code) => {
    expect(() => given(create()).when(change(more))).toThrow(refused(code));
  });
});

describe('deleting a namespace', () => {
  it('empties it, and leaves the resource types known', () => {
    expect(given(full()).when(remove)).toEqual([{ type: 'MetadefNamespaceDeleted', data: { namespace: 'OS::Test' } }]);
    expect(given(full()).then(remove)).toMatchObject({
      ...{ objects: [], properties: [], tags: [], resourceTypes: [], deletedAt: later },
      knownResourceTypes: [{ name: 'OS::Glance::Image', since: at }],
    });
  });

  it('is refused while it is protected, to admins too', () => {
    expect(() => given(create({ protected: true })).when(remove)).toThrow(refused('namespace-protected'));
    expect(given(create({ protected: true }), change({ protected: false })).when(remove)).toHaveLength(1);
  });

  it('leaves nothing to change or delete', () => {
    for (const command of [remove, change(), { type: 'RemoveObjects' } as const]) {
      expect(() => given(create(), remove).when(command)).toThrow(
        refused('namespace-not-found', { namespace: 'OS::Test' }),
      );
      expect(() => given().when(command)).toThrow(refused('namespace-not-found'));
    }
  });
});

describe('who may not change a namespace', () => {
  it.each<[string, Partial<ShortCommand>, DomainErrorCode]>([
    ['sees it as its owner', { actor: alice }, 'namespace-forbidden'],
    ['does not see it', { actor: bob }, 'namespace-not-found'],
  ])('%s', (_, who, code) => {
    const own = create({ owner: 'alpha' });
    expect(() => given(own).when({ ...change(), ...who } as ShortCommand)).toThrow(refused(code));
    expect(() => given(own).when({ ...remove, ...who } as ShortCommand)).toThrow(refused(code));
  });

  it('is told 404 of a private one of another project and 403 of a public one', () => {
    const seen = create({ owner: 'alpha', visibility: 'public' });
    expect(() => given(seen).when({ ...remove, actor: bob })).toThrow(refused('namespace-forbidden'));
    expect(given(seen).when({ ...remove, actor: admin })).toHaveLength(1);
  });
});
