import { describe, expect, it } from '@jest/globals';
import {
  imageOperations,
  may,
  mayOn,
  maySeePast,
  standingOf,
  standings,
  type ImageOperation,
  type Standing,
} from './policy.js';
import { admin, alice, at, bob, carol, create, fold, glance, history, rita, rob, system } from './image.spec-kit.js';
import { visibilities, type Image } from './image.js';

const members = { beta: { status: 'rejected' as const, createdAt: at, updatedAt: at } };
const owned = (visibility: (typeof visibilities)[number]) => ({ owner: 'alpha', visibility, members });

describe('how one stands to an image', () => {
  it.each([
    // actor, private, shared (with beta), community, public
    [system, 'system', 'system', 'system', 'system'],
    [admin, 'admin', 'admin', 'admin', 'admin'],
    [alice, 'owner-member', 'owner-member', 'owner-member', 'owner-member'],
    [rita, 'owner-reader', 'owner-reader', 'owner-reader', 'owner-reader'],
    [bob, 'stranger', 'invited-member', 'viewer-member', 'viewer-member'],
    [rob, 'stranger', 'invited-reader', 'viewer-reader', 'viewer-reader'],
    [carol, 'stranger', 'stranger', 'viewer-member', 'viewer-member'],
    [glance, 'service', 'service', 'service', 'service'],
    [{ userId: 'x', projectId: 'alpha', roles: [] }, 'stranger', 'stranger', 'stranger', 'stranger'],
  ] as const)('%j', (actor, ...expected) => {
    const seen = (['private', 'shared', 'community', 'public'] as const).map((visibility) =>
      standingOf(actor, owned(visibility)),
    );
    expect(seen).toEqual(expected);
  });
});

// IMAGE-API.md §6, cell by cell: s(ystem) a(dmin) m(ember of the owner) r(eader of the owner) g(lance, a service)
// i(nvited member) j (invited reader) v(iewing member) w (viewing reader) u (auditor) - stranger
const letters: Readonly<Record<Standing, string>> = {
  system: 's',
  admin: 'a',
  'owner-member': 'm',
  'owner-reader': 'r',
  service: 'g',
  'invited-member': 'i',
  'invited-reader': 'j',
  'viewer-member': 'v',
  'viewer-reader': 'w',
  auditor: 'u',
  stranger: '-',
};
const allowed: Readonly<Record<ImageOperation, string>> = {
  show: 'samrijvw',
  'list tasks of': 'samrijvw',
  'read history of': 'samru',
  'read own invitations to': 'samriju',
  download: 'samiv',
  'download deactivated': 'sa',
  update: 'sam',
  delete: 'sam',
  upload: 'sam',
  stage: 'sam',
  import: 'sam',
  copy: 'sa',
  'add location to': 'samg',
  'list locations of': 'sag',
  'set locations of': 'sam',
  'remove locations of': 'sam',
  'show locations of': 'samrg',
  tag: 'sam',
  deactivate: 'sam',
  reactivate: 'sam',
  communitize: 'sam',
  publicize: 'sa',
  'change owner of': 'sa',
  'remove data of': 'sa',
  'add member to': 'sam',
  'remove member from': 'sam',
  'list members of': 'samrij',
  'set member status of': 'sai',
};

describe.each(imageOperations)('to %s an image', (operation) => {
  it.each(standings)('as %s', (standing) => {
    expect(may(operation, standing)).toBe(allowed[operation].includes(letters[standing]));
  });
});

describe('a service', () => {
  const image = owned('private');
  const withService = (actor: typeof alice) => ({ ...actor, roles: [...actor.roles, 'service'] });

  it('that passes the request of a user on may what the user may, and what services may', () => {
    for (const operation of imageOperations) {
      const either = mayOn(operation, alice, image) || mayOn(operation, glance, image);
      expect([operation, mayOn(operation, withService(alice), image)]).toEqual([operation, either]);
    }
    expect(mayOn('list locations of', withService(alice), image)).toBe(true);
    expect(mayOn('delete', withService(rita), image)).toBe(false);
  });

  it('that is a member of another project, as well, is still a service', () => {
    expect(mayOn('list locations of', withService(bob), image)).toBe(true);
    expect(mayOn('show', withService(bob), image)).toBe(false);
  });
});

describe('an auditor', () => {
  const auditor = { userId: 'ada', projectId: 'admin', roles: ['reader'], isAuditor: true };

  it('reads the history of every image, and does nothing else with it', () => {
    const more = imageOperations.filter((operation) => mayOn(operation, auditor, owned('private')));
    expect(more).toEqual(['read history of', 'read own invitations to']);
    expect(mayOn('download', auditor, { ...owned('private'), owner: 'admin' })).toBe(false);
  });
});

describe('the past of an image', () => {
  const image = (visibility: (typeof visibilities)[number], more: Partial<Image> = {}): Image => ({
    ...fold(history(create()))!,
    ...owned(visibility),
    ...more,
  });

  it('is seen by those who could see it then and can see it now', () => {
    expect(maySeePast(carol, image('public'), image('community'))).toBe(true);
    expect(maySeePast(carol, image('public'), image('private'))).toBe(false);
    expect(maySeePast(carol, image('private'), image('public'))).toBe(false);
  });

  it('of a deleted one is its owners’ and the admins’', () => {
    const deleted = image('public', { status: 'deleted' });
    const seen = [carol, bob, rita, admin].map((actor) => maySeePast(actor, image('public'), deleted));
    expect(seen).toEqual([false, false, true, true]);
  });

  it('from before it was given away is the new owner’s, and the old one’s no more', () => {
    const now = image('private', { owner: 'gamma' });
    expect([carol, alice].map((actor) => maySeePast(actor, image('private'), now))).toEqual([true, false]);
  });
});
