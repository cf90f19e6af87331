import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { ImageState } from '#domain';
import {
  eventColumns,
  readMigrations,
  readRights,
  recorded,
  type AggregateChange,
  type EventRow,
  type InlineProjection,
  type RecordedEvent,
} from '#event-store';
import { catalogMigrations } from './migrations.js';

const nextSchema = 'catalog_next';
/** in the order in which writers take them */
const tables = ['images', 'members', 'blobs', 'work'];
const batchSize = 5_000;
/** As in append_events(): nobody appends while it is held. */
const writersLock = 1447646290;
/** 'VITB': one rebuild at a time */
const rebuildLock = 1447646274;
/** that the switch may have left to project: some milliseconds */
const fewStreams = 20;
const switchTimeoutMs = 500;
const switchPauseMs = 1_000;

export interface RebuildOptions {
  /** URL of the schema's owner: a rebuild creates and drops tables */
  readonly url: string;
  readonly projection: (schema: string) => InlineProjection<ImageState>;
  readonly fold: (events: readonly RecordedEvent[]) => { state: ImageState; version: number };
  readonly onProgress?: (images: number) => void;
}

/**
 * Fills new tables beside the old ones from the log and switches, while the service goes on. Writers wait only for the
 * switch: the streams that changed meanwhile are projected again, and the schemas change names, in one transaction.
 * @throws Error when another rebuild is running
 */
export async function rebuildCatalog(options: RebuildOptions): Promise<{ images: number; events: bigint }> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'vitrine rebuild' });
  // A connection that breaks is told by the statement under way, or by the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await assertAlone(client);
    // Nothing has to last before the switch does, and its commit takes all that was written before it to the disk.
    await client.query('set synchronous_commit = off');
    await createNextSchema(client);
    const rebuild = new Rebuild(client, options);
    await rebuild.allStreams();
    await rebuild.analyze();
    await rebuild.catchUp();
    while (!(await trySwitch(client, rebuild))) {
      await delay(switchPauseMs);
      await rebuild.catchUp();
    }
    return { images: rebuild.images, events: await headOf(client) };
  } finally {
    await client.end();
  }
}

async function assertAlone(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [rebuildLock]);
  if (!rows[0]!.mine) throw new Error('another rebuild of the catalogue is running: wait until it has ended');
}

/**
 * False when the tables were not to be had in time: a backup reads them for long, and whoever wants them after us would
 * wait with us.
 */
async function trySwitch(client: pg.Client, rebuild: Rebuild): Promise<boolean> {
  await client.query(`begin; set local lock_timeout = ${switchTimeoutMs}; set local synchronous_commit = on`);
  try {
    // Tables first, then the writers' lock: writers take them in this order too, so nobody waits in a circle.
    await client.query(`lock table ${tables.map((table) => `catalog.${table}`).join(', ')} in access exclusive mode`);
    await client.query('select pg_advisory_xact_lock($1)', [writersLock]);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    await client.query('rollback');
    return false;
  }
  await rebuild.changedStreams();
  await rebuild.keepLeases();
  await client.query(`drop schema catalog cascade; alter schema ${nextSchema} rename to catalog`);
  await client.query(await readRights(catalogMigrations));
  await client.query('commit');
  return true;
}

const isLockTimeout = (error: unknown) => error instanceof Error && 'code' in error && error.code === '55P03';

class Rebuild {
  images = 0;
  /** everything up to here is in the new tables */
  private head = 0n;
  private readonly projection: InlineProjection<ImageState>;

  constructor(
    private readonly client: pg.Client,
    private readonly options: RebuildOptions,
  ) {
    this.projection = options.projection(nextSchema);
  }

  /** Stream by stream, so that memory holds one image's events and one batch. */
  async allStreams(): Promise<void> {
    this.head = await headOf(this.client);
    let after = { stream: 'image-', version: 0 };
    let open: RecordedEvent[] = [];
    for (;;) {
      const { rows } = await this.client.query<EventRow>(
        // served by events_stream_id_version_key; 'image.' is the first string after all of 'image-…'
        `select ${eventColumns} from events where (stream_id, version) > ($1, $2) and stream_id < 'image.'
         order by stream_id, version limit $3`,
        [after.stream, after.version, batchSize],
      );
      for (const event of rows.map(recorded)) {
        if (open.length > 0 && open[0]!.streamId !== event.streamId) {
          await this.write(open);
          open = [];
        }
        open.push(event);
      }
      const last = rows.at(-1);
      if (!last) break;
      after = { stream: last.stream_id, version: Number(last.version) };
    }
    if (open.length > 0) await this.write(open);
  }

  /** Without statistics the first lists after the switch would read whole tables. */
  async analyze(): Promise<void> {
    await this.client.query(`analyze ${tables.map((table) => `${nextSchema}.${table}`).join(', ')}`);
  }

  /** Again and again while it gets less, so that little is left for the switch, which writers wait for. */
  async catchUp(): Promise<void> {
    for (let before = Infinity; ;) {
      const changed = await this.changedStreams();
      if (changed < fewStreams || changed > before / 2) return;
      before = changed;
    }
  }

  /** Projects again what changed since it was projected; returns how many streams that were. */
  async changedStreams(): Promise<number> {
    const head = await headOf(this.client);
    const { rows: streams } = await this.client.query<{ stream_id: string }>(
      `select distinct stream_id from events where position > $1 and stream_id >= 'image-' and stream_id < 'image.'`,
      [this.head.toString()],
    );
    for (const { stream_id: stream } of streams) {
      const { rows } = await this.client.query<EventRow>(
        `select ${eventColumns} from events where stream_id = $1 order by version`,
        [stream],
      );
      for (const table of tables) {
        const key = table === 'images' ? 'id' : 'image_id';
        await this.client.query(`delete from ${nextSchema}.${table} where ${key} = $1`, [
          stream.slice('image-'.length),
        ]);
      }
      await this.write(rows.map(recorded));
    }
    this.head = head;
    return streams.length;
  }

  /** Heartbeats are not in the log: what was projected minutes ago would seem to have gone silent. */
  async keepLeases(): Promise<void> {
    await this.client.query(
      `update ${nextSchema}.work next set lease_until = live.lease_until from catalog.work live
       where live.image_id = next.image_id and live.attempt = next.attempt and live.claims = next.claims
         and live.state = 'running' and next.state = 'running'`,
    );
  }

  private async write(events: readonly RecordedEvent[]): Promise<void> {
    const id = events[0]!.streamId.slice('image-'.length);
    const { state, version } = this.options.fold(events);
    const change: AggregateChange<ImageState> = { id, before: undefined, state, version };
    for (const { text, values, name } of this.projection.project(change)) {
      await this.client.query({ text, values: [...values], name });
    }
    this.images++;
    this.options.onProgress?.(this.images);
  }
}

/** The tables as the migrations make them, in the other schema. */
async function createNextSchema(client: pg.Client): Promise<void> {
  await client.query(
    `drop schema if exists ${nextSchema} cascade; create schema ${nextSchema}; set search_path to ${nextSchema}`,
  );
  for (const { sql } of await readMigrations(catalogMigrations)) await client.query(sql);
  await client.query('set search_path to public');
}

async function headOf(client: pg.Client): Promise<bigint> {
  const { rows } = await client.query<{ head: string }>('select coalesce(max(position), 0) as head from events');
  return BigInt(rows[0]!.head);
}
