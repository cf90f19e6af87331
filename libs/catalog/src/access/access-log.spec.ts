import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { AccessLog, type AccessEntry } from './access-log.js';
import { entry, everyAccess, refusal } from './access-log.spec-kit.js';

let test: TestDatabase;
let database: Database;
let log: AccessLog;
let owner: pg.Client;
beforeEach(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url });
  log = new AccessLog(database);
  owner = new pg.Client({ connectionString: test.url });
  await owner.connect();
});
afterEach(async () => {
  await owner.end();
  await database.close();
  await test.drop();
});

const dayMs = 86_400_000;
const dayOf = (at: Date) => `entries_${at.toISOString().slice(0, 10).replaceAll('-', '')}`;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);

async function partitions(): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on oid = inhrelid
     where inhparent = 'access.entries'::regclass and relkind = 'r' order by 1`,
  );
  return rows.map(({ name }) => name);
}

describe('the access log', () => {
  it('gives back what was written, to the letter', async () => {
    const entries = [
      entry({ range_first: 5n, range_last: 2n ** 62n, bytes: 2n ** 62n, status: 206, result: 'aborted' }),
      refusal({ at: new Date(Date.now() + 1), image_id: null, actor: null, project: null, address: null, count: 9 }),
    ];
    await log.write(entries);
    expect(await log.search(everyAccess)).toEqual(entries);
  });

  it('holds a batch once that is written twice, because its first answer was lost', async () => {
    const entries = [entry(), entry()];
    await log.write(entries);
    await log.write([...entries, entry()]);
    expect(await log.search(everyAccess)).toHaveLength(3);
  });

  it('makes the partition of a day that nobody foresaw, also by many at once', async () => {
    const late = daysAgo(400);
    await Promise.all(Array.from({ length: 8 }, () => log.write([entry(), entry({ at: late })])));
    expect(await partitions()).toEqual([dayOf(late), dayOf(new Date())]);
    expect(await log.search(everyAccess)).toHaveLength(16);
  });

  it('forgets whole days that were kept long enough, and nothing else', async () => {
    await log.write([91, 90, 89, 1].map((days) => entry({ at: daysAgo(days) })));
    await owner.query('create table access.entries_19990101 (); create table access.notes ()');
    expect(await log.keep(90)).toEqual([dayOf(daysAgo(91))]);
    expect(await log.search(everyAccess)).toHaveLength(3);
    expect(await partitions()).toEqual([90, 89, 1, 0, -1, -2].map((days) => dayOf(daysAgo(days))));
    expect(await log.keep(90)).toEqual([]);
    expect(
      (await owner.query("select to_regclass('access.entries_19990101') as t, to_regclass('access.notes') as n")).rows,
    ).toEqual([{ t: 'access.entries_19990101', n: 'access.notes' }]);
    await expect(log.keep(0)).rejects.toThrow(/at least a day/);
  });

  it('is kept by one worker at a time, and a reader who does not end holds no writer up', async () => {
    await log.write([entry({ at: daysAgo(100) })]);
    await owner.query('begin; select pg_advisory_xact_lock(1447646288)');
    expect(await log.keep(90)).toEqual([]);
    await owner.query('rollback; begin; select count(*) from access.entries');
    await expect(log.keep(90)).rejects.toThrow(/lock timeout/);
    await log.write([entry()]);
    await owner.query('rollback');
    expect(await log.keep(90)).toHaveLength(1);
  });

  it.each(['update', 'delete', 'truncate'])(
    'refuses %s to the application and to its owner, also of one day',
    async (what) => {
      await log.write([entry()]);
      const statements: Record<string, string> = {
        update: 'update % set bytes = 0',
        delete: 'delete from %',
        truncate: 'truncate %',
      };
      for (const table of ['access.entries', `access.${dayOf(new Date())}`]) {
        const text = statements[what]!.replace('%', table);
        await expect(database.query({ text, values: [] })).rejects.toThrow(/permission denied/);
        await expect(owner.query(text)).rejects.toThrow(/append-only/);
      }
      await expect(
        database.query({ text: 'insert into access.entries select * from access.entries', values: [] }),
      ).rejects.toThrow(/permission denied/);
      expect(await log.search(everyAccess)).toHaveLength(1);
    },
  );
});

describe('a search of it', () => {
  const image = randomUUID();
  const start = Date.now() - 2 * dayMs;
  const at = (second: number) => new Date(start + second * 1000);
  const name = ({ request_id: id }: AccessEntry) => id;
  const found = async (given: Partial<typeof everyAccess>) =>
    (await log.search({ ...everyAccess, ...given })).map(name);

  beforeEach(async () => {
    await log.write([
      entry({ request_id: 'own', image_id: image, at: at(1) }),
      entry({ request_id: 'by-beta', image_id: image, actor: 'bob', project: 'beta', status: 206, at: at(2) }),
      entry({ request_id: 'of-beta', owner: 'beta', at: at(3) }),
      entry({ request_id: 'betas', owner: 'beta', actor: 'bob', project: 'beta', at: at(4) }),
      refusal({ request_id: 'refused', image_id: image, at: at(5) }),
      refusal({ request_id: 'betas-refused', image_id: image, actor: 'bob', project: 'beta', status: 404, at: at(6) }),
      refusal({ request_id: 'stranger', status: 401, image_id: null, actor: null, project: null, at: at(7) }),
      entry({ request_id: 'today', at: new Date() }),
    ]);
  });

  it('finds by each filter, and by several', async () => {
    const all = ['own', 'by-beta', 'of-beta', 'betas', 'refused', 'betas-refused', 'stranger', 'today'];
    expect(await found({})).toEqual(all);
    expect(await found({ order: 'desc' })).toEqual(all.toReversed());
    expect(await found({ filters: { image } })).toEqual(['own', 'by-beta', 'refused', 'betas-refused']);
    expect(await found({ filters: { image, kind: 'download' } })).toEqual(['own', 'by-beta']);
    expect(await found({ filters: { actor: 'bob', status: '404' } })).toEqual(['betas-refused']);
    expect(await found({ filters: { project: 'beta' } })).toEqual(['by-beta', 'betas', 'betas-refused']);
    expect(await found({ filters: { project: 'beta', kind: 'download', status: '206' } })).toEqual(['by-beta']);
    expect(await found({ filters: { status: '401' } })).toEqual(['stranger']);
    expect(await found({ filters: { operation: 'DELETE /v2/images/:id', status: '403' } })).toEqual(['refused']);
    expect(await found({ filters: { kind: 'refusal' } })).toEqual(['refused', 'betas-refused', 'stranger']);
    expect(await found({ filters: { request_id: 'own' } })).toEqual(['own']);
    expect(await found({ from: at(2), to: at(3) })).toEqual(['by-beta', 'of-beta']);
  });

  it('shows a project its own accesses and the downloads of its images, and finds nobody else’s by his name', async () => {
    const seenBy = (project: string, filters = {}) => found({ audience: { project }, filters });
    expect(await seenBy('alpha')).toEqual(['own', 'by-beta', 'of-beta', 'refused', 'today']);
    expect(await seenBy('beta')).toEqual(['by-beta', 'of-beta', 'betas', 'betas-refused']);
    expect(await seenBy('gamma')).toEqual([]);
    expect(await seenBy('alpha', { image })).toEqual(['own', 'by-beta', 'refused']);
    expect(await seenBy('alpha', { actor: 'bob' })).toEqual([]);
    expect(await seenBy('alpha', { image, actor: 'bob' })).toEqual([]);
    expect(await seenBy('alpha', { request_id: 'by-beta' })).toEqual([]);
    expect(await seenBy('alpha', { request_id: 'own' })).toEqual(['own']);
    expect(await seenBy('alpha', { project: 'beta' })).toEqual(['by-beta']);
    expect(await seenBy('alpha', { project: 'alpha' })).toEqual(['own', 'of-beta', 'refused', 'today']);
    expect(await seenBy('alpha', { status: '206' })).toEqual(['by-beta']);
    expect(await seenBy('alpha', { status: '403' })).toEqual(['refused']);
    expect(await seenBy('alpha', { kind: 'refusal' })).toEqual(['refused']);
    expect(await seenBy('beta', { operation: 'DELETE /v2/images/:id' })).toEqual(['betas-refused']);
    expect(await seenBy('beta', { operation: 'GET /v2/images/:id/file', status: '206' })).toEqual(['by-beta']);
  });

  it.each(['asc', 'desc'] as const)(
    'is read page by page, %s, each entry once, though many have one time',
    async (order) => {
      const same = at(0);
      await log.write(Array.from({ length: 7 }, (_, n) => entry({ at: same, request_id: `same-${n}` })));
      for (const audience of ['everything', { project: 'alpha' }] as const) {
        const all = await log.search({ ...everyAccess, audience, order });
        const paged: AccessEntry[] = [];
        for (let cursor: AccessEntry | undefined; ;) {
          const page = await log.search({ ...everyAccess, audience, order, limit: 2, cursor });
          paged.push(...page);
          if (page.length < 2) break;
          cursor = page.at(-1);
        }
        expect(paged).toEqual(all);
        expect(all.length).toBeGreaterThan(11);
      }
    },
  );
});
