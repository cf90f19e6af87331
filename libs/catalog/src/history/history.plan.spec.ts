import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { historyStatement, type HistoryQuery } from './history.query.js';
import { everything } from './history.spec-kit.js';
import { nodes, planOf, rowsRead, type PlanNode } from '../plan.spec-kit.js';

const count = 20_000;
const limit = 25;

/** One actor and one type have nearly all; a rare one of each was there in the beginning. */
const seed = `
  insert into history.events
  select n, timestamptz '2026-01-01' + n * interval '1 s',
    case when n < 4 then 'ImageOwnerChanged' else 'ImageAttributesChanged' end,
    case when n < 4 then 'ada' else 'alice' end, case when n % 2 = 0 then 'alpha' else 'beta' end, 'req-' || n / 2,
    md5((n / 10)::text)::uuid, case when n / 10 % 2 = 0 then 'alpha' else 'beta' end,
    case when n % 1000 = 1 then 'gamma' end
  from generate_series(1, ${count}) n;
  insert into subscriptions values ('history', ${count});
  analyze history.events`;

const everyone = (filters: HistoryQuery['filters']): Partial<HistoryQuery> => ({ filters });
const alpha = (filters: HistoryQuery['filters']): Partial<HistoryQuery> => ({
  filters,
  audience: { project: 'alpha' },
});
const image = '00000000-0000-4000-8000-000000000000';

const shapes: Readonly<Record<string, [index: string, query: Partial<HistoryQuery>]>> = {
  'the whole log': ['events_pkey', everyone({})],
  'by type': ['events_by_type', everyone({ type: 'ImageAttributesChanged' })],
  'by a type that is rare': ['events_by_type', everyone({ type: 'ImageOwnerChanged' })],
  'by an actor': ['events_by_actor', everyone({ actor: 'alice' })],
  'by an actor who is nobody': ['events_by_actor', everyone({ actor: 'nobody' })],
  'by a project': ['events_by_project', everyone({ project: 'alpha' })],
  'by an actor and a project': ['events_by_actor', everyone({ actor: 'ada', project: 'alpha' })],
  'by a request': ['events_by_request', everyone({ request_id: 'req-7' })],
  'by an image': ['events_by_image', everyone({ image })],
  'of a project': ['events_by_owner', alpha({})],
  'of a project, by type': ['events_by_owner_type', alpha({ type: 'ImageAttributesChanged' })],
  'of a project, by a type that is rare': ['events_by_owner_type', alpha({ type: 'ImageOwnerChanged' })],
  'of a project, by an actor who is nobody': ['events_by_owner_actor', alpha({ actor: 'nobody' })],
  'of a project, by a project': ['events_by_owner_project', alpha({ project: 'alpha' })],
  'of a project, by a request': ['events_by_request', alpha({ request_id: 'req-7' })],
  'of a project, by an image': ['events_by_image', alpha({ image })],
};

describe('by the plans that the service makes, a page of events is read in order from its one index', () => {
  let test: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    test = await createTestDatabase();
    const owner = new pg.Client({ connectionString: test.url });
    await owner.connect();
    await owner.query(seed);
    await owner.end();
    client = new pg.Client(new Database({ url: test.url }).connection());
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await test.drop();
  });

  it.each(Object.entries(shapes))('%s', async (_, [index, query]) => {
    for (const order of ['asc', 'desc'] as const) {
      for (const before of [everything.before, 15_000n]) {
        const plan = await planOf(client, historyStatement({ ...everything, ...query, order, before, limit }));
        expect(scans(plan)).toContain(index);
        expect(nodes(plan).map((node) => node['Node Type'])).not.toContain('Seq Scan');
        // What is shown, the few invitations of a project, and little more.
        expect(rowsRead(plan, (relation) => relation === 'events')).toBeLessThan(3 * limit);
      }
    }
  });
});

const scans = (plan: PlanNode) => nodes(plan).map((node) => node['Index Name']);
