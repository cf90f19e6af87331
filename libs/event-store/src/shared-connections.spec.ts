import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { eventually } from '../../../test/services/client.js';
import { Database } from './database.js';
import { DatabaseUnavailable } from './errors.js';

const lock = 4711;

describe('statements that come together', () => {
  let test: TestDatabase;
  let database: Database;
  let bystander: pg.Client;

  beforeEach(async () => {
    test = await createTestDatabase('empty');
    bystander = new pg.Client({ connectionString: test.url });
    await bystander.connect();
    await bystander.query('do $$ begin create role vitrine_app; exception when duplicate_object then null; end $$');
    database = new Database({ url: test.url, poolSize: 10 });
  });
  afterEach(async () => {
    await bystander.end();
    await database.close();
    await test.drop();
  });

  const ask = <Row extends pg.QueryResultRow>(text: string, ...values: unknown[]) =>
    database.query<Row>({ text, values, name: text.slice(0, 40) });
  const backends = async (count: number) => {
    const asked = Array.from({ length: count }, () => ask<{ pid: number }>('select pg_backend_pid() as pid'));
    return (await Promise.all(asked)).map(([row]) => row!.pid);
  };
  const waiters = async () => {
    const { rowCount } = await bystander.query('select from pg_locks where not granted and objid = $1', [lock]);
    return rowCount;
  };

  it('share four connections, and each gets its own answer', async () => {
    expect(new Set(await backends(100)).size).toBe(4);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => ask('select $1::int as n', n)));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => [{ n }]));
  });

  it('fail alone', async () => {
    const asked = Array.from({ length: 40 }, (_, n) => ask('select 1 / ($1::int % 10) as one', n % 10));
    const outcomes = await Promise.allSettled(asked);
    const failed = outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []));
    expect(failed).toEqual([0, 10, 20, 30]);
    expect(new Set(await backends(40)).size).toBe(4);
  });

  it('do not queue up behind one that takes long', async () => {
    await bystander.query('select pg_advisory_lock($1)', [lock]);
    const slow = ask('select pg_advisory_lock($1::int)', lock);
    await eventually(waiters, (count) => count === 1, 'it waits for the lock');
    const start = performance.now();
    while (performance.now() - start < 20) await backends(1);
    await backends(100);
    await bystander.query('select pg_advisory_unlock($1)', [lock]);
    await slow;
  });

  it('are all told when the database goes away, and the next ones are served', async () => {
    await bystander.query('select pg_advisory_lock($1)', [lock]);
    const asked = Array.from({ length: 20 }, () => ask('select pg_advisory_lock_shared($1::int)', lock));
    const outcomes = Promise.allSettled(asked);
    await eventually(waiters, (count) => count === 4, 'one on each connection waits for the lock');
    await bystander.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    for (const outcome of await outcomes) {
      expect(outcome).toEqual({ status: 'rejected', reason: expect.any(DatabaseUnavailable) as unknown });
    }
    expect(new Set(await backends(40)).size).toBe(4);
  });
});
