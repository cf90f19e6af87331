import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Image } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import {
  change,
  completeUpload,
  create,
  exactSize,
  invite,
  pick,
  randomFrom,
  startUpload,
  TestCatalog,
  type ShortCommand,
} from '../catalog.spec-kit.js';
import { sortKeys, type SortKey, type SortTerm, type Viewer } from './image-list.query.js';
import { idsOf, listQuery, member, newestFirst, walkPages } from './image-list.spec-kit.js';

let test: TestDatabase;
let vitrine: TestCatalog;
const images: Image[] = [];

const alpha = member('alpha');
const viewers: Readonly<Record<string, Viewer>> = {
  'a project that sees its own, public and shared images': alpha,
  'an admin': { projectId: 'admin', isAdmin: true },
};
const random = randomFrom(7);

beforeAll(async () => {
  test = await createTestDatabase();
  vitrine = new TestCatalog(test.url);
  for (let n = 0; n < 36; n++) images.push(await makeImage());
});
afterAll(async () => {
  await vitrine.close();
  await test.drop();
});

const instant = () => new Date(Date.UTC(2026, 0, 1, 0, 0, 0, pick(random, [0, 1, 999, 1000])));

/** Few values for many images: every key has ties and, where it can, nulls. */
async function makeImage(): Promise<Image> {
  const id = randomUUID();
  const owner = pick(random, ['alpha', 'omega']);
  const attributes = {
    owner,
    name: pick(random, [null, '', 'a', 'a b', 'B', 'Z', 'ä', 'z']),
    disk_format: pick(random, [null, 'raw', 'qcow2'] as const),
    container_format: pick(random, [null, 'bare', 'ovf'] as const),
    visibility: pick(random, ['shared', 'shared', 'public', 'private'] as const),
  };
  const commands: ShortCommand[] = [create(id, attributes, instant())];
  if (attributes.visibility === 'shared') commands.push(...invite('alpha', pick(random, ['accepted', 'pending'])));
  if (attributes.disk_format && attributes.container_format) {
    const size = pick(random, [0n, 4n, exactSize]);
    commands.push(startUpload(id), { ...completeUpload({ size }), at: instant() });
    if (random() < 0.3) commands.push({ type: 'DeactivateImage', at: instant() });
  }
  return (await vitrine.run(id, ...commands)).state!;
}

const keyOf: Readonly<Record<SortKey, (image: Image) => string | number | bigint>> = {
  name: ({ name }) => name ?? '',
  status: ({ status }) => status,
  container_format: (image) => image.container_format ?? '',
  disk_format: (image) => image.disk_format ?? '',
  size: ({ data }) => data?.size ?? -1n,
  id: ({ id }) => id,
  created_at: ({ createdAt }) => createdAt.getTime(),
  updated_at: ({ updatedAt }) => updatedAt.getTime(),
};

function inOrder(of: readonly Image[], sort: readonly SortTerm[]): string[] {
  const compare = (a: Image, b: Image) => {
    for (const { key, dir } of sort) {
      const [x, y] = [keyOf[key](a), keyOf[key](b)];
      if (x !== y) return x < y === (dir === 'asc') ? -1 : 1;
    }
    return 0;
  };
  return [...of].sort(compare).map(({ id }) => id);
}

const listedFor = ({ isAdmin, projectId }: Viewer) =>
  images.filter(
    ({ owner, visibility, members }) =>
      isAdmin ||
      owner === projectId ||
      visibility === 'public' ||
      (visibility === 'shared' && members.alpha?.status === 'accepted'),
  );

const directions = ['asc', 'desc'] as const;
const total = (terms: readonly SortTerm[], dir: SortTerm['dir']): SortTerm[] => [
  ...terms,
  ...newestFirst.filter(({ key }) => terms.every((term) => term.key !== key)).map(({ key }) => ({ key, dir })),
];

describe.each(Object.keys(viewers))('for %s, all pages together are the list in its order', (who) => {
  const viewer = viewers[who]!;

  it.each(sortKeys)('by %s, either way, whichever way ties go', async (key) => {
    expect(listedFor(viewer).length).toBeGreaterThan(20);
    for (const dir of directions) {
      for (const ties of directions) {
        const sort = total([{ key, dir }], ties);
        expect({ sort, ids: await walkPages(vitrine.catalog, listQuery(viewer, { sort })) }).toEqual({
          sort,
          ids: inOrder(listedFor(viewer), sort),
        });
      }
    }
  });

  it('by several keys in mixed directions', async () => {
    for (const [one, two] of [
      ['asc', 'desc'],
      ['desc', 'asc'],
    ] as const) {
      const keys = [
        { key: 'disk_format', dir: one },
        { key: 'size', dir: two },
        { key: 'name', dir: one },
      ] as const;
      const sort = total(keys, two);
      expect(await walkPages(vitrine.catalog, listQuery(viewer, { sort }))).toEqual(inOrder(listedFor(viewer), sort));
    }
  });
});

it.each([1, 2, 3])('images that come and go between pages disturb no others (seed %i)', async (seed) => {
  const random = randomFrom(seed);
  const project = `paging-${seed}`;
  const newImage = async () => {
    const id = randomUUID();
    await vitrine.run(id, create(id, { owner: project, name: pick(random, ['a', 'b', 'c', 'd']) }));
    return id;
  };
  const stayed = new Set<string>();
  while (stayed.size < 25) stayed.add(await newImage());
  const before = new Set(stayed);
  const sort = total([{ key: 'name', dir: 'asc' }], 'desc');
  const walked = await walkPages(vitrine.catalog, listQuery(member(project), { sort }), async (seen) => {
    await newImage();
    const victim = pick(
      random,
      [...before].filter((id) => id !== seen.at(-1)),
    );
    if (stayed.delete(victim)) await vitrine.run(victim, { type: 'DeleteImage' });
  });
  expect(stayed.size).toBeLessThan(25);
  expect(new Set(walked).size).toBe(walked.length);
  const states = await Promise.all([...stayed].map(async (id) => (await vitrine.images.load(id)).state!));
  expect(walked.filter((id) => stayed.has(id))).toEqual(inOrder(states, sort));
});

describe('a marker', () => {
  const listAfter = (marker: string, viewer = alpha) => vitrine.catalog.list(listQuery(viewer, { marker }));
  const imageOf = async (owner: string, ...commands: readonly ShortCommand[]) => {
    const id = randomUUID();
    await vitrine.run(id, create(id, { owner }), ...commands);
    return id;
  };

  it('that is no image, or was deleted, is refused', async () => {
    expect(await listAfter(randomUUID())).toBeUndefined();
    expect(await listAfter(await imageOf('alpha', { type: 'DeleteImage' }))).toBeUndefined();
  });

  it('that the viewer may not see is refused, as if it were no image', async () => {
    expect(await listAfter(await imageOf('omega', change('visibility', 'private')))).toBeUndefined();
    expect(await listAfter(await imageOf('omega'))).toBeUndefined();
    expect(await listAfter(await imageOf('omega', ...invite('beta', 'accepted')))).toBeUndefined();
    expect(
      await listAfter(await imageOf('omega', ...invite('alpha', 'accepted'), change('visibility', 'private'))),
    ).toBeUndefined();
  });

  it('that left the list since its page keeps its place while the viewer may see it', async () => {
    const hidden = await imageOf('alpha', change('os_hidden', true));
    const rejected = await imageOf('omega', ...invite('alpha', 'rejected'));
    const community = await imageOf('omega', change('visibility', 'community'));
    for (const marker of [hidden, rejected, community]) {
      expect(idsOf(await listAfter(marker))).toEqual(expect.arrayContaining(inOrder(listedFor(alpha), newestFirst)));
      expect(await listAfter(marker, { projectId: 'admin', isAdmin: true })).toBeDefined();
    }
  });
});
