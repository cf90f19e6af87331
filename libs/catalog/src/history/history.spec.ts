import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { admin, change, create, invite, pick, randomFrom, TestCatalog } from '../catalog.spec-kit.js';
import { History } from './history.js';
import { everything, projector, searcher } from './history.spec-kit.js';
import { rebuildHistory } from './history.rebuild.js';
import { ImageWalk } from '../images/image-walk.spec-kit.js';

let vitrine: TestCatalog;
let history: History;
let search: ReturnType<typeof searcher>;
const [first, second] = [randomUUID(), randomUUID()];
const alice = { userId: 'alice', projectId: 'alpha', roles: ['member'] };
const noon = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));

beforeAll(async () => {
  vitrine = await TestCatalog.create();
  history = new History(vitrine.database);
  search = searcher(history);
  await vitrine.run(
    first,
    { ...create(first, { owner: 'alpha' }, noon(0)), actor: alice }, // 1
    ...invite('beta', 'accepted').map((command, index) => ({ ...command, at: noon(1 + index) })), // 2, 3
    { type: 'AddMember', member: 'gamma', at: noon(3) }, // 4
  );
  // 5, by a clock that is two minutes late
  await vitrine.run(second, { ...create(second, { owner: 'beta' }, noon(1)) });
  await vitrine.run(second, change('name', 'two', noon(4))); // 6
});
afterAll(() => vitrine.close());

it('says how far it has come, and finds nothing beyond', async () => {
  expect(await history.search(everything)).toEqual({ trueFor: 0n, events: [] });
  expect(await projector(vitrine.database).catchUp()).toBe(6);
  expect(await history.search(everything)).toMatchObject({ trueFor: 6n, events: { length: 6 } });
});

it('finds what one, two or three filters ask for, in either order', async () => {
  const created = { type: 'ImageCreated' };
  expect(await search({ filters: created })).toEqual(['1 Created', '5 Created']);
  expect(await search({ filters: created, order: 'desc', limit: 1 })).toEqual(['5 Created']);
  expect(await search({ filters: { image: second } })).toEqual(['5 Created', '6 AttributesChanged']);
  expect(await search({ filters: { actor: 'alice', ...created } })).toEqual(['1 Created']);
  expect(await search({ filters: { project: 'admin', ...created, image: second } })).toEqual(['5 Created']);
  expect(await search({ filters: { project: 'admin', ...created, image: first } })).toEqual([]);
  expect(await search({ after: 2n, before: 5n })).toEqual(['3 MemberAccepted', '4 MemberAdded']);
});

it('shows a project its own images’ events and its own invitations, and nothing else', async () => {
  const seenBy = (project: string, filters = {}) => search({ audience: { project }, filters });
  expect(await seenBy('alpha')).toEqual(['1 Created', '2 MemberAdded', '3 MemberAccepted', '4 MemberAdded']);
  expect(await seenBy('beta')).toEqual(['2 MemberAdded', '3 MemberAccepted', '5 Created', '6 AttributesChanged']);
  expect(await seenBy('gamma')).toEqual(['4 MemberAdded']);
  expect(await seenBy('gamma', { image: first })).toEqual(['4 MemberAdded']);
  expect(await seenBy('gamma', { type: 'ImageCreated' })).toEqual([]);
  expect(await seenBy('beta', { type: 'ImageMemberAdded' })).toEqual(['2 MemberAdded']);
  expect(await seenBy('beta', { actor: 'admin', type: 'ImageCreated' })).toEqual(['5 Created']);
  expect(await seenBy('beta', { project: 'alpha' })).toEqual([]);
});

it('takes a time for a place in the log, although clocks differ and before it has come so far', async () => {
  const at = (minute: number) => history.positionAt(noon(minute));
  expect(await Promise.all([-1, 0, 1, 2, 3, 4, 99].map(at))).toEqual([0n, 1n, 2n, 3n, 5n, 6n, 6n]);
  await vitrine.run(second, change('name', 'three', noon(6)));
  expect(await Promise.all([5, 6].map(at))).toEqual([6n, 7n]);
});

it('hands an image’s whole history over with the image', async () => {
  await vitrine.run(first, change('owner', 'delta', noon(7)));
  await projector(vitrine.database).catchUp();
  expect(await search({ audience: { project: 'alpha' } })).toEqual([]);
  const own = await search({ audience: { project: 'delta' } });
  expect([own[0], own.at(-1)]).toEqual(['1 Created', '8 OwnerChanged']);
});

it('is the same when it is rebuilt from the log, and goes on from there', async () => {
  const random = randomFrom(5);
  const walks = Array.from({ length: 5 }, () => new ImageWalk(randomUUID(), random));
  for (let step = 0; step < 150; step++) {
    const walk = pick(random, walks);
    const command = walk.next((await vitrine.images.load(walk.id)).state);
    if (command) await vitrine.run(walk.id, { actor: admin, ...command });
  }
  await projector(vitrine.database).catchUp();
  const rows = () => vitrine.database.query({ text: 'select * from history.events order by position', values: [] });
  const structure = () =>
    vitrine.database.query({
      text: `select indexdef as what from pg_indexes where schemaname = 'history' union all
        select grantee || ' ' || privilege_type from information_schema.role_table_grants where table_schema = 'history'
        order by 1`,
      values: [],
    });
  const [live, tables, head] = [await rows(), await structure(), await vitrine.store.head()];
  expect(live).toHaveLength(Number(head));

  await vitrine.database.query({
    text: "update history.events set owner = 'x', type = 'y' where position < 9",
    values: [],
  });
  expect(await rebuildHistory(vitrine.url)).toEqual({ events: head });
  expect(await rows()).toEqual(live);
  expect(await structure()).toEqual(tables);
  await vitrine.run(second, change('name', 'four'));
  expect(await projector(vitrine.database).catchUp()).toBe(1);
  expect(await history.search(everything)).toMatchObject({ trueFor: head + 1n });
});
