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
const batchSize = 5_000;
/** As in append_events(): nobody appends while it is held. */
const writersLock = 1447646290;

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
 */
export async function rebuildCatalog(options: RebuildOptions): Promise<{ images: number; events: bigint }> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'vitrine rebuild' });
  await client.connect();
  try {
    await createNextSchema(client);
    const head = await headOf(client);
    const rebuild = new Rebuild(client, options);
    await rebuild.allStreams();
    await client.query('begin');
    // Tables first, then the writers' lock: writers take them in this order too, so nobody waits in a circle.
    await client.query(
      'lock table catalog.images, catalog.members, catalog.blobs, catalog.work in access exclusive mode',
    );
    await client.query('select pg_advisory_xact_lock($1)', [writersLock]);
    await rebuild.streamsChangedSince(head);
    await client.query(`drop schema catalog cascade; alter schema ${nextSchema} rename to catalog`);
    await client.query(await readRights(catalogMigrations));
    await client.query('commit');
    return { images: rebuild.images, events: await headOf(client) };
  } finally {
    await client.end();
  }
}

class Rebuild {
  images = 0;
  private readonly projection: InlineProjection<ImageState>;

  constructor(
    private readonly client: pg.Client,
    private readonly options: RebuildOptions,
  ) {
    this.projection = options.projection(nextSchema);
  }

  /** Stream by stream, so that memory holds one image's events and one batch. */
  async allStreams(): Promise<void> {
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

  async streamsChangedSince(position: bigint): Promise<void> {
    const { rows: streams } = await this.client.query<{ stream_id: string }>(
      `select distinct stream_id from events where position > $1 and stream_id >= 'image-' and stream_id < 'image.'`,
      [position.toString()],
    );
    for (const { stream_id: stream } of streams) {
      const { rows } = await this.client.query<EventRow>(
        `select ${eventColumns} from events where stream_id = $1 order by version`,
        [stream],
      );
      for (const table of ['images', 'members', 'blobs', 'work']) {
        const key = table === 'images' ? 'id' : 'image_id';
        await this.client.query(`delete from ${nextSchema}.${table} where ${key} = $1`, [
          stream.slice('image-'.length),
        ]);
      }
      await this.write(rows.map(recorded));
    }
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
