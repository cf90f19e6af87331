import { describe, expect, it } from '@jest/globals';
import { admin, alice, bob, glance, rita, system } from './metadef.spec-kit.js';
import {
  assertMayListNamespaces,
  mayOnNamespace,
  namespaceOperations,
  namespaceStandingOf,
  namespaceStandings,
} from './policy.js';

describe('how one stands to a namespace of project alpha', () => {
  it.each([
    // actor, private, public
    [system, 'system', 'system'],
    [admin, 'admin', 'admin'],
    [alice, 'owner', 'owner'],
    [rita, 'owner', 'owner'],
    [bob, 'stranger', 'viewer'],
    [glance, 'stranger', 'stranger'],
    [{ userId: 'x', projectId: 'alpha', roles: [] }, 'stranger', 'stranger'],
  ] as const)('%j', (actor, ...expected) => {
    const standings = (['private', 'public'] as const).map((visibility) =>
      namespaceStandingOf(actor, { owner: 'alpha', visibility }),
    );
    expect(standings).toEqual(expected);
  });
});

// IMAGE-API.md §6: everybody reads his own and the public ones, admins write.
describe.each(namespaceOperations)('to %s a namespace', (operation) => {
  const allowed = operation === 'show' ? ['system', 'admin', 'owner', 'viewer'] : ['system', 'admin'];
  it.each(namespaceStandings)('as %s', (standing) => {
    expect(mayOnNamespace(operation, standing)).toBe(allowed.includes(standing));
  });
});

it('lists are for whoever has a role that reads', () => {
  for (const actor of [system, admin, alice, rita]) expect(() => assertMayListNamespaces(actor)).not.toThrow();
  expect(() => assertMayListNamespaces(glance)).toThrow(expect.objectContaining({ code: 'namespace-forbidden' }));
});
