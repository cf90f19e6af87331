import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NamespaceListQuery } from './metadef-list.query.js';
import { namespaceSortKeys } from './metadef-list.query.js';
import { create, TestMetadefs } from './metadef.spec-kit.js';

let metadefs: TestMetadefs;

const second = (n: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, n));
const types = (...names: string[]) => ({ resource_type_associations: names.map((name) => ({ name })) });

beforeAll(async () => {
  metadefs = await TestMetadefs.create();
  const made: [string, object][] = [
    ['d', { owner: 'alpha', visibility: 'public', display_name: 'Z', ...types('OS::Glance::Image') }],
    ['a', { owner: 'alpha', visibility: 'private', ...types('OS::Nova::Flavor', 'OS::Glance::Image') }],
    ['c', { owner: 'beta', visibility: 'public', display_name: 'Y', protected: true }],
    ['b', { owner: 'beta', visibility: 'private', display_name: 'Y', ...types('OS::Cinder::Volume') }],
    ['gone', { owner: 'alpha', visibility: 'public', ...types('OS::Heat::Stack') }],
  ];
  for (const [n, [name, more]] of made.entries()) {
    const id = randomUUID();
    await metadefs.run(id, create(id, name, { ...more }, second(n)));
    if (name === 'gone') await metadefs.run(id, { type: 'DeleteNamespace' });
  }
});
afterAll(() => metadefs.close());

const alpha = { projectId: 'alpha', isAdmin: false };
const everything: NamespaceListQuery = {
  viewer: { projectId: 'admin', isAdmin: true },
  ...{ visibility: undefined, resourceTypes: undefined, marker: undefined },
  ...{ sortKey: 'created_at', sortDir: 'desc', limit: 10 },
};
const names = async (query: Partial<NamespaceListQuery>) => {
  const page = await metadefs.catalog.list({ ...everything, ...query });
  const list = JSON.parse(`[${page!.summaries}]`) as { namespace: string }[];
  expect(page).toMatchObject({ count: list.length, last: list.at(-1)?.namespace ?? null });
  return list.map(({ namespace }) => namespace).join('');
};

describe('a list of namespaces', () => {
  it('shows a project its own and the public ones, and an admin all', async () => {
    expect(await names({})).toBe('bcad');
    expect(await names({ viewer: alpha })).toBe('cad');
    expect(await names({ viewer: { projectId: 'gamma', isAdmin: false } })).toBe('cd');
    expect(await names({ viewer: { projectId: null, isAdmin: false } })).toBe('cd');
  });

  it('is filtered by visibility and by any of some resource types', async () => {
    expect(await names({ visibility: 'private' })).toBe('ba');
    expect(await names({ viewer: alpha, visibility: 'private' })).toBe('a');
    expect(await names({ resourceTypes: ['OS::Glance::Image'] })).toBe('ad');
    expect(await names({ resourceTypes: ['OS::Glance::Image', 'OS::Cinder::Volume'] })).toBe('bad');
    expect(await names({ resourceTypes: ['OS::Heat::Stack', 'nul\0'] })).toBe('');
  });

  it.each([
    ['namespace', 'asc', 'abcd'],
    ['namespace', 'desc', 'dcba'],
    ['created_at', 'asc', 'dacb'],
    // without a name first; equal ones by age
    ['display_name', 'asc', 'acbd'],
    ['visibility', 'asc', 'abdc'],
    ['protected', 'desc', 'cbad'],
    ['owner', 'asc', 'dacb'],
  ] as const)('is sorted by %s %s', async (sortKey, sortDir, expected) => {
    expect(await names({ sortKey, sortDir })).toBe(expected);
  });

  it.each(namespaceSortKeys.flatMap((key) => [[key, 'asc'] as const, [key, 'desc'] as const]))(
    'by %s %s is walked page by page, each namespace once',
    async (sortKey, sortDir) => {
      const whole = await names({ sortKey, sortDir });
      let walked = '';
      for (let marker: string | undefined; ; marker = walked.at(-1)) {
        const page = await names({ sortKey, sortDir, limit: 1, marker });
        if (page === '') break;
        walked += page;
      }
      expect(walked).toBe(whole);
    },
  );

  it('knows no marker that the viewer may not see', async () => {
    for (const marker of ['b', 'gone', 'never', 'nul\0', '']) {
      expect(await metadefs.catalog.list({ ...everything, viewer: alpha, marker })).toBeUndefined();
    }
    expect(await names({ viewer: alpha, marker: 'a' })).toBe('d');
    expect(await names({ limit: 0 })).toBe('');
  });
});

it('finds nothing under names that no namespace has or can have', async () => {
  expect(await metadefs.catalog.find('a')).toMatchObject({ namespace: 'a', owner: 'alpha' });
  for (const name of ['gone', 'A', '', 'nul\0', "'; drop table images"]) {
    expect(await metadefs.catalog.find(name)).toBeUndefined();
  }
});

it('knows every resource type that there ever was, since its first association, oldest first', async () => {
  expect(await metadefs.catalog.resourceTypes()).toEqual([
    { name: 'OS::Glance::Image', since: second(0) },
    { name: 'OS::Nova::Flavor', since: second(1) },
    { name: 'OS::Cinder::Volume', since: second(3) },
    { name: 'OS::Heat::Stack', since: second(4) },
  ]);
});
