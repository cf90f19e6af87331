import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** A folder of numbered migrations (`0001-what.sql`) and `rights.sql`, which is run again each time. */
export interface MigrationSource {
  readonly lib: string;
  readonly directory: URL;
  /** where its unqualified names go */
  readonly schema: string;
}

export const eventStoreMigrations: MigrationSource = {
  lib: 'event-store',
  directory: new URL('../migrations/', import.meta.url),
  schema: 'public',
};

// 'VITM'; another number than the writers' lock, so that a running service is not held up
const migrationLock = 1447646285;

/** Brings the database to this release's schema: every new file once, in order, under a lock. Needs the schema's owner. */
export async function migrate(url: string, sources: readonly MigrationSource[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'vitrine migrate' });
  // A connection that breaks is told by the statement under way, or by the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(
      `create table if not exists schema_migrations (
         lib text, name text, sha256 text not null, applied_at timestamptz not null default now(), primary key (lib, name))`,
    );
    const applied: string[] = [];
    for (const source of sources) applied.push(...(await migrateLib(client, source)));
    return applied;
  } finally {
    await client.end();
  }
}

async function migrateLib(client: pg.Client, source: MigrationSource): Promise<string[]> {
  const { lib, schema } = source;
  const known = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from schema_migrations where lib = $1',
    [lib],
  );
  const applied: string[] = [];
  for (const { name, sql } of await readMigrations(source)) {
    const sha256 = createHash('sha256').update(sql).digest('hex');
    const before = known.rows.find((row) => row.name === name);
    if (before && before.sha256 !== sha256) {
      throw new Error(`migration ${lib}/${name} was changed after it had been applied: add a new one instead`);
    }
    if (before) continue;
    await inTransaction(client, schema, async () => {
      await client.query(sql);
      await client.query('insert into public.schema_migrations (lib, name, sha256) values ($1, $2, $3)', [
        lib,
        name,
        sha256,
      ]);
    });
    applied.push(`${lib}/${name}`);
  }
  const rights = await readRights(source);
  await whileOthersChange(() => inTransaction(client, schema, () => client.query(rights)));
  return applied;
}

/** Before what others disturbed is tried again. */
const pauseMs = 10;
/** Some seconds of them: one that has lost says nothing about the next. */
const mostTries = 200;

/**
 * A service that runs makes tables (the access log's days), and PostgreSQL has no lock that its GRANTs would wait for: of two that
 * change the entry of one table at the same moment one fails, with an internal error.
 */
async function whileOthersChange(work: () => Promise<unknown>): Promise<void> {
  for (let triesLeft = mostTries; ; triesLeft--) {
    try {
      await work();
      return;
    } catch (error) {
      if (triesLeft === 0 || !/tuple concurrently (updated|deleted)/.test(String(error))) throw error;
      await delay(pauseMs);
    }
  }
}

/** The numbered files, in order. */
export async function readMigrations({ directory }: MigrationSource): Promise<{ name: string; sql: string }[]> {
  const names = (await readdir(fileURLToPath(directory))).filter((file) => /^\d{4}-.*\.sql$/.test(file)).sort();
  return Promise.all(names.map(async (name) => ({ name, sql: await readFile(new URL(name, directory), 'utf8') })));
}

/** What the application's role may do; run after every migration and rebuild. */
export function readRights({ directory }: MigrationSource): Promise<string> {
  return readFile(new URL('rights.sql', directory), 'utf8');
}

async function inTransaction(client: pg.Client, schema: string, work: () => Promise<unknown>): Promise<void> {
  await client.query(`begin; create schema if not exists ${schema}; set local search_path to ${schema}`);
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
