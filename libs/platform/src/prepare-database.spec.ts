import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { allMigrations } from './prepare-database.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

it('a process may start while another one makes and grants tables', async () => {
  const other = new pg.Client({ connectionString: test.url });
  await other.connect();
  const over = new AbortController();
  const changing = (async () => {
    for (let n = 0; !over.signal.aborted; n++) {
      await other
        .query(n % 2 === 0 ? 'grant insert on access.entries to public' : 'revoke insert on access.entries from public')
        .catch(() => undefined);
    }
  })();
  try {
    for (let round = 0; round < 8; round++) await migrate(test.url, allMigrations);
  } finally {
    over.abort();
    await changing;
    await other.end();
  }
  expect(await migrate(test.url, allMigrations)).toEqual([]);
});
