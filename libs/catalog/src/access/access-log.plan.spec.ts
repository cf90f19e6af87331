import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { accessStatement, type AccessQuery } from './access-log.query.js';
import { everyAccess } from './access-log.spec-kit.js';
import { nodes, planOf, rowsRead } from '../plan.spec-kit.js';

const count = 20_000;
const limit = 25;

/** Of four days; nearly everybody does the same thing, and a rare one of each was there in the beginning. */
const seed = `
  select access.make_partition(day::date) from generate_series(timestamp '2026-01-01', '2026-01-04', '1 day') day;
  insert into access.entries
  select md5('id' || n)::uuid, timestamptz '2026-01-01Z' + n * interval '16 s', case when n % 2 = 0 then 'download' else 'refusal' end,
    case when n < 4 then 'PUT /v2/images/:id/file' when n % 2 = 0 then 'GET /v2/images/:id/file' else 'GET /v2/images/:id' end,
    case when n < 4 then 412 when n % 2 = 0 then 200 else 404 end, case when n % 2 = 0 then 'complete' else 'refused' end,
    md5((n / 10)::text)::uuid, case when n % 2 = 0 then case when n % 4 = 0 then 'alpha' else 'beta' end end,
    case when n < 4 then 'ada' else 'alice' end, case when n % 3 = 0 then 'alpha' else 'beta' end, 'req-' || n, null, null, null, 0, 1, 1
  from generate_series(1, ${count}) n;
  analyze access.entries`;

const everyone = (filters: AccessQuery['filters']): Partial<AccessQuery> => ({ filters });
const alpha = (filters: AccessQuery['filters']): Partial<AccessQuery> => ({ filters, audience: { project: 'alpha' } });
const image = '00000000-0000-4000-8000-000000000000';

const shapes: Readonly<Record<string, [index: string, query: Partial<AccessQuery>]>> = {
  'all of it': ['kind', everyone({})],
  'by kind': ['kind', everyone({ kind: 'download' })],
  'by an image': ['image', everyone({ image })],
  'by a request': ['request', everyone({ request_id: 'req-7' })],
  'by a user': ['actor', everyone({ actor: 'alice' })],
  'by a user who is rare': ['actor', everyone({ actor: 'ada' })],
  'by a project': ['project_kind', everyone({ project: 'alpha' })],
  'by a project and a kind': ['project_kind', everyone({ project: 'alpha', kind: 'refusal' })],
  'by status': ['status', everyone({ status: '404' })],
  'by a status that is rare': ['status', everyone({ status: '412' })],
  'by operation': ['operation', everyone({ operation: 'GET /v2/images/:id' })],
  'by an operation that nobody knows': ['operation', everyone({ operation: 'TRACE /' })],
  'of a project': ['owner', alpha({})],
  'of a project, its own': ['project_kind', alpha({ project: 'alpha' })],
  'of a project, refusals': ['project_kind', alpha({ kind: 'refusal' })],
  'of a project, by status': ['project_status', alpha({ status: '404', kind: 'refusal' })],
  'of a project, by a status that is rare': ['project_status', alpha({ status: '412', kind: 'refusal' })],
  'of a project, by operation': ['project_operation', alpha({ operation: 'PUT /v2/images/:id/file', kind: 'refusal' })],
  'of a project, by another that downloads': ['owner_project', alpha({ project: 'beta' })],
  'of a project, by an image': ['image', alpha({ image })],
  'of a project, by a request': ['request', alpha({ request_id: 'req-7' })],
  'of a project, by a user': ['actor', alpha({ actor: 'alice' })],
};

describe('by the plans that the service makes, a page of the access log is read in order from its one index', () => {
  let test: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    test = await createTestDatabase();
    const owner = new pg.Client({ connectionString: test.url });
    await owner.connect();
    await owner.query(`set search_path to access, public; ${seed}`);
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
      for (const cursor of [undefined, { at: new Date('2026-01-02T12:00:00Z'), id: image }]) {
        const plan = await planOf(client, accessStatement({ ...everyAccess, ...query, order, limit, cursor }));
        const used = nodes(plan).flatMap((node) => (node['Index Name'] ? [node['Index Name']] : []));
        expect(used.map((name) => names.get(name))).toContain(`entries_by_${index}`);
        expect(nodes(plan).map((node) => node['Node Type'])).not.toContain('Seq Scan');
        // What is shown of each branch, and little more.
        expect(rowsRead(plan)).toBeLessThan(4 * limit);
      }
    }
  });

  /** Partition's index → its parent's. */
  let names: ReadonlyMap<string, string>;
  beforeAll(async () => {
    const { rows } = await client.query<{ child: string; parent: string }>(
      `select c.relname as child, p.relname as parent from pg_inherits i
       join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent`,
    );
    names = new Map(rows.map(({ child, parent }) => [child, parent]));
  });
});
