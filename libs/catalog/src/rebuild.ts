import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { eventColumns, readMigrations, readRights, recorded, type EventRow, type RecordedEvent } from '#event-store';
import { catalogMigrations } from './migrations.js';
import type { ReadModel } from './read-model.js';

const nextSchema = 'catalog_next';
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
  readonly models: readonly ReadModel[];
  /** is waited for */
  readonly onProgress?: (streams: number) => void | Promise<void>;
}

/**
 * Fills new tables beside the old ones from the log and switches, while the service goes on. Writers wait only for the
 * switch: the streams that changed meanwhile are projected again, and the schemas change names, in one transaction.
 * @throws Error when another rebuild is running
 */
export async function rebuildCatalog(options: RebuildOptions): Promise<{ streams: number; events: bigint }> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'vitrine rebuild', pipeline: true });
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
    return { streams: rebuild.streams, events: await headOf(client) };
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
    await client.query(`lock table ${rebuild.tablesIn('catalog')} in access exclusive mode`);
    await client.query('select pg_advisory_xact_lock($1)', [writersLock]);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    await client.query('rollback');
    return false;
  }
  await rebuild.changedStreams();
  await rebuild.takeOver();
  await client.query(`drop schema catalog cascade; alter schema ${nextSchema} rename to catalog`);
  await client.query(await readRights(catalogMigrations));
  await client.query('commit');
  return true;
}

const isLockTimeout = (error: unknown) => error instanceof Error && 'code' in error && error.code === '55P03';

interface FillingModel extends ReadModel {
  readonly rowsOf: ReturnType<ReadModel['into']>;
}

class Rebuild {
  /** written so far, each time that it was written */
  streams = 0;
  /** the new tables tell the log up to here, and nothing of what came after */
  private head = 0n;
  private readonly models: readonly FillingModel[];

  constructor(
    private readonly client: pg.Client,
    private readonly options: RebuildOptions,
  ) {
    this.models = options.models.map((model) => ({ ...model, rowsOf: model.into(nextSchema) }));
  }

  tablesIn(schema: string): string {
    const names = this.models.flatMap(({ tables, sums }) => [
      ...tables.map(({ name }) => name),
      ...(sums ? [sums.table] : []),
    ]);
    return names.map((name) => `${schema}.${name}`).join(', ');
  }

  /** Stream by stream, so that memory holds one stream's events and one batch. */
  async allStreams(): Promise<void> {
    this.head = await headOf(this.client);
    for (const model of this.models) await this.allStreamsOf(model);
  }

  private async allStreamsOf(model: FillingModel): Promise<void> {
    const { first, end } = streamsOf(model);
    let after = { stream: first, version: 0 };
    let open: RecordedEvent[] = [];
    for (;;) {
      const { rows } = await this.client.query<EventRow>(
        // served by events_stream_id_version_key
        `select ${eventColumns} from events
         where (stream_id, version) > ($1, $2) and stream_id < $3 and position <= $4
         order by stream_id, version limit $5`,
        [after.stream, after.version, end, this.head.toString(), batchSize],
      );
      const streams: RecordedEvent[][] = [];
      for (const event of rows.map(recorded)) {
        if (open.length > 0 && open[0]!.streamId !== event.streamId) {
          streams.push(open);
          open = [];
        }
        open.push(event);
      }
      const last = rows.at(-1);
      if (!last && open.length > 0) streams.push(open);
      await this.writeTogether(model, streams);
      if (!last) break;
      after = { stream: last.stream_id, version: Number(last.version) };
    }
    if (model.sums) await this.client.query(model.sums.of(nextSchema).fill);
  }

  /** Without statistics the first lists after the switch would read whole tables. */
  async analyze(): Promise<void> {
    await this.client.query(`analyze ${this.tablesIn(nextSchema)}`);
  }

  /** Again and again while it gets less, so that little is left for the switch, which writers wait for. */
  async catchUp(): Promise<void> {
    for (let before = Infinity; ;) {
      const changed = await this.changedStreams();
      if (changed < fewStreams || changed > before / 2) return;
      before = changed;
    }
  }

  /**
   * Projects again what changed since it was projected; returns how many streams that were. All of them as they were at
   * one position, and only once all of their old rows are gone: a name may have gone from one namespace to another.
   */
  async changedStreams(): Promise<number> {
    const head = await headOf(this.client);
    let changed = 0;
    for (const model of this.models) {
      const { first, end } = streamsOf(model);
      const { rows } = await this.client.query<{ stream_id: string }>(
        `select distinct stream_id from events
         where position > $1 and position <= $2 and stream_id >= $3 and stream_id < $4`,
        [this.head.toString(), head.toString(), first, end],
      );
      const streams = rows.map((row) => row.stream_id);
      const ids = streams.map((stream) => stream.slice(first.length));
      const sums = model.sums?.of(nextSchema);
      if (sums) await this.client.query(sums.leave, [ids]);
      for (const { name, key } of model.tables) {
        await this.client.query(`delete from ${nextSchema}.${name} where ${key} = any($1::uuid[])`, [ids]);
      }
      for (const stream of streams) {
        const { rows: events } = await this.client.query<EventRow>(
          `select ${eventColumns} from events where stream_id = $1 and position <= $2 order by version`,
          [stream, head.toString()],
        );
        await this.write(model, events.map(recorded));
      }
      if (sums) await this.client.query(sums.enter, [ids]);
      changed += streams.length;
    }
    this.head = head;
    return changed;
  }

  /** What is not in the log. */
  async takeOver(): Promise<void> {
    for (const model of this.models) if (model.takeOver) await this.client.query(model.takeOver(nextSchema));
  }

  /** In one transaction, whose statements do not wait for the answers to those before them. */
  private async writeTogether(model: FillingModel, streams: readonly (readonly RecordedEvent[])[]): Promise<void> {
    const failures: unknown[] = [];
    const send = (statement: pg.QueryConfig | string) =>
      this.client.query(statement as string).catch((error: unknown) => failures.push(error));
    void send('begin');
    for (const events of streams) {
      for (const { text, values, name } of model.rowsOf(events)) void send({ text, values: [...values], name });
      this.streams++;
      await this.options.onProgress?.(this.streams);
    }
    await send('commit');
    // The first one is the reason for the others.
    if (failures.length > 0) throw failures[0];
  }

  private async write(model: FillingModel, events: readonly RecordedEvent[]): Promise<void> {
    for (const { text, values, name } of model.rowsOf(events)) {
      await this.client.query({ text, values: [...values], name });
    }
    this.streams++;
    await this.options.onProgress?.(this.streams);
  }
}

/** Between the first string and the end: '.' follows '-'. */
const streamsOf = ({ aggregate }: ReadModel) => ({ first: `${aggregate}-`, end: `${aggregate}.` });

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
