import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { readFeedStatement, readMigrations, readRights, recorded, type EventRow } from '#event-store';
import { HistoryProjection, historySubscription, type Run } from './history.projection.js';
import { historyMigrations } from '../migrations.js';

const nextSchema = 'history_next';
const batchSize = 5_000;
/** 'VITI': one rebuild at a time */
const rebuildLock = 1447646281;
const switchTimeoutMs = 500;
const switchPauseMs = 1_000;

/**
 * Fills a new searchable history from the log and switches to it; questions and appends go on meanwhile. `url` is of the
 * schema's owner. @throws Error when another rebuild is running
 */
export async function rebuildHistory(url: string): Promise<{ events: bigint }> {
  const client = new pg.Client({ connectionString: url, application_name: 'vitrine rebuild' });
  // A connection that breaks is told by the statement under way, or by the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [rebuildLock]);
    if (!rows[0]!.mine) throw new Error('another rebuild of the history is running: wait until it has ended');
    await createNextSchema(client);
    // Nothing has to last before the switch does.
    await client.query('set synchronous_commit = off');
    const indexes = await dropIndexes(client);
    let reached = await fill(client, 0n);
    for (const index of indexes) await client.query(index);
    await client.query(`analyze ${nextSchema}.events`);
    while (!(await trySwitch(client, reached))) {
      await delay(switchPauseMs);
      reached = await fill(client, reached);
    }
    return { events: reached };
  } finally {
    await client.end();
  }
}

/** Those that filling does not read by: made of all rows at once, they cost a fraction. Returns how to make them. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select format('%I.%I', schemaname, indexname) as name, indexdef as definition from pg_indexes
     where schemaname = $1 and indexname not in ('events_by_image', 'events_by_clock')`,
    [nextSchema],
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}

/** Everything after a position; returns the one that was reached. */
async function fill(client: pg.Client, after: bigint): Promise<bigint> {
  const projection = new HistoryProjection(nextSchema);
  const run: Run = async ({ text, values, name }) =>
    (await client.query<object>({ text, values: [...values], name })).rows;
  for (let reached = after; ;) {
    const { rows } = await client.query<EventRow>({
      ...readFeedStatement,
      values: [reached.toString(), batchSize],
    });
    const last = rows.at(-1);
    if (!last) return reached;
    await client.query('begin');
    await projection.project(rows.map(recorded), run);
    await client.query('commit');
    reached = BigInt(last.position);
  }
}

/** The checkpoint goes where the new rows end: what came since is projected as always. False when the table is in use. */
async function trySwitch(client: pg.Client, reached: bigint): Promise<boolean> {
  await client.query(`begin; set local lock_timeout = ${switchTimeoutMs}; set local synchronous_commit = on`);
  try {
    // The checkpoint first, as the projection does, so that nobody waits in a circle.
    await client.query(
      `insert into subscriptions (name, checkpoint) values ($1, $2)
       on conflict (name) do update set checkpoint = excluded.checkpoint, moved_at = now()`,
      [historySubscription, reached.toString()],
    );
    await client.query(
      `drop schema if exists history cascade; alter schema ${nextSchema} rename to history;
       ${await readRights(historyMigrations)}`,
    );
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    if (error instanceof Error && 'code' in error && error.code === '55P03') return false;
    throw error;
  }
}

async function createNextSchema(client: pg.Client): Promise<void> {
  await client.query(
    `drop schema if exists ${nextSchema} cascade; create schema ${nextSchema}; set search_path to ${nextSchema}`,
  );
  for (const { sql } of await readMigrations(historyMigrations)) await client.query(sql);
  await client.query('set search_path to public');
}
