import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { visibilities, type MemberStatus, type Visibility } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { change, create, invite, TestCatalog } from '../catalog.spec-kit.js';
import type { ImageListQuery, Viewer } from './image-list.query.js';
import { idsOf, listQuery, member } from './image-list.spec-kit.js';

/** How a viewer stands to an image; `invited` when its member status is one that the list asks for. */
type Standing = 'admin' | 'owner' | 'invited' | 'stranger';
type Filter = Visibility | 'all' | 'none';

/** IMAGE-API.md §3, "Visibility": for each standing, the visibility filters whose list shows such an image. */
const listedBy: Readonly<Record<Standing, Readonly<Record<Visibility, readonly Filter[]>>>> = {
  admin: {
    public: ['none', 'public', 'all'],
    community: ['community', 'all'],
    shared: ['none', 'shared', 'all'],
    private: ['none', 'private', 'all'],
  },
  owner: {
    public: ['none', 'public', 'all'],
    community: ['none', 'community', 'all'],
    shared: ['none', 'shared', 'all'],
    private: ['none', 'private', 'all'],
  },
  invited: {
    public: ['none', 'public', 'all'],
    community: ['community', 'all'],
    shared: ['none', 'shared', 'all'],
    private: [],
  },
  stranger: {
    public: ['none', 'public', 'all'],
    community: ['community', 'all'],
    shared: [],
    private: [],
  },
};

interface Made {
  readonly id: string;
  readonly owner: string | null;
  readonly visibility: Visibility;
  readonly hidden: boolean;
}
/** Members of every image, also of those that are no longer shared; alpha is one of its own images too. */
const members: Readonly<Record<string, MemberStatus>> = {
  alpha: 'accepted',
  beta: 'accepted',
  gamma: 'pending',
  delta: 'rejected',
};

let test: TestDatabase;
let vitrine: TestCatalog;
const made: Made[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  vitrine = new TestCatalog(test.url);
  for (const owner of ['alpha', 'omega', 'admin', null]) {
    for (const visibility of visibilities) {
      for (const hidden of [false, true]) {
        const id = randomUUID();
        const invitations = Object.entries(members).flatMap(([project, status]) => invite(project, status));
        const shown = visibility === 'shared' ? [] : [change('visibility', visibility)];
        await vitrine.run(id, create(id, { owner, os_hidden: hidden }), ...invitations, ...shown);
        made.push({ id, owner, visibility, hidden });
      }
    }
  }
});
afterAll(async () => {
  await vitrine.close();
  await test.drop();
});

function standing({ isAdmin, projectId }: Viewer, image: Made, asked: ImageListQuery['memberStatus']): Standing {
  if (projectId === image.owner) return 'owner';
  if (isAdmin) return 'admin';
  const status = projectId === null ? undefined : members[projectId];
  return status !== undefined && (asked === 'all' || asked === status) ? 'invited' : 'stranger';
}

const viewers: Readonly<Record<string, Viewer>> = {
  'an admin': { projectId: 'admin', isAdmin: true },
  'an owner': member('alpha'),
  'a project that accepted': member('beta'),
  'a project that has not answered': member('gamma'),
  'a project that rejected': member('delta'),
  'a project that nobody invited': member('epsilon'),
};

describe.each(Object.keys(viewers))('%s', (who) => {
  const viewer = viewers[who]!;

  it.each(['none', ...visibilities, 'all'] as const)(
    'lists what it may with the visibility filter %s',
    async (filter) => {
      for (const memberStatus of ['accepted', 'pending', 'rejected', 'all'] as const) {
        for (const hidden of [false, true]) {
          const visibility = filter === 'none' ? undefined : filter;
          const page = await vitrine.catalog.list(listQuery(viewer, { visibility, memberStatus, hidden }));
          const expected = made.filter(
            (image) =>
              image.hidden === hidden &&
              listedBy[standing(viewer, image, memberStatus)][image.visibility].includes(filter),
          );
          const listed = idsOf(page).map((id) => made.find((image) => image.id === id)!);
          expect({ memberStatus, hidden, listed: new Set(listed) }).toEqual({
            memberStatus,
            hidden,
            listed: new Set(expected),
          });
          expect(listed).toHaveLength(expected.length);
        }
      }
    },
  );
});
