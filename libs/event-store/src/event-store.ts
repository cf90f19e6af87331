import type { QueryResultRow } from 'pg';
import { AppendQueue } from './append-queue.js';
import type { Database, Statement } from './database.js';
import { VersionConflict } from './errors.js';
import type { NewEvent, RecordedActor, RecordedEvent } from './event.js';

/** The log in PostgreSQL: appends, streams and the feed of everything in commit order. */
export class EventStore {
  private readonly appends: AppendQueue;

  constructor(private readonly database: Database) {
    this.appends = new AppendQueue(database);
  }

  /**
   * Appends all of the events or none, together with `alongside`: statements on read models, run in the same transaction
   * before the append. Returns the position of the last event.
   * @throws VersionConflict when a stream is not where its first event says
   */
  async append(events: readonly NewEvent[], alongside: readonly Statement[] = []): Promise<bigint> {
    const first = events[0];
    if (!first) throw new Error('nothing to append');
    try {
      return await this.appends.add(events, alongside);
    } catch (error) {
      throw isConflict(error) ? new VersionConflict(first.streamId, { cause: error }) : error;
    }
  }

  /** Every event of one stream, oldest first; up to and including `version` if given. */
  async readStream(streamId: string, upTo?: { version: number }): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRow>({
      name: 'read-stream',
      // served by events_stream_id_version_key
      text: `select ${eventColumns} from events where stream_id = $1 and version <= $2 order by version`,
      values: [streamId, upTo?.version ?? Number.MAX_SAFE_INTEGER],
    });
    return rows.map(recorded);
  }

  /** Every event of several streams, each oldest first; none beyond a position. */
  async readStreams(streamIds: readonly string[], upTo: bigint): Promise<Map<string, RecordedEvent[]>> {
    const rows = await this.database.query<EventRow>({
      name: 'read-streams',
      // served by events_stream_id_version_key
      text: `select ${eventColumns} from events where stream_id = any($1) and position <= $2 order by stream_id, version`,
      values: [streamIds, upTo.toString()],
    });
    const streams = new Map<string, RecordedEvent[]>();
    for (const event of rows.map(recorded)) {
      const stream = streams.get(event.streamId);
      if (stream) stream.push(event);
      else streams.set(event.streamId, [event]);
    }
    return streams;
  }

  /** The next events in the order of their streams' names and versions, after a stream's version and before a name. */
  async readAlong(
    after: { readonly stream: string; readonly version: number },
    end: string,
    limit: number,
  ): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRow>({
      name: 'read-along',
      // served by events_stream_id_version_key
      text: `select ${eventColumns} from events where (stream_id, version) > ($1, $2) and stream_id < $3
             order by stream_id, version limit $4`,
      values: [after.stream, after.version, end, limit],
    });
    return rows.map(recorded);
  }

  /** The next events after a position, in commit order. */
  async readFeed(after: bigint, limit: number): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRow>({ ...readFeedStatement, values: [after.toString(), limit] });
    return rows.map(recorded);
  }

  /** Position of the newest event; 0 when the log is empty. */
  async head(): Promise<bigint> {
    const [row] = await this.database.query<{ position: string }>({
      name: 'read-head',
      text: 'select coalesce(max(position), 0) as position from events',
      values: [],
    });
    return BigInt(row!.position);
  }
}

/** 40001 by append_events(); a unique violation when two transactions create the same row of a read model. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === '40001' || error.code === '40P01' || error.code === '23505';
}

/** Of a row that `recorded` takes. */
export const eventColumns = `position, stream_id, version, type, schema_version, event_id, recorded_at, actor, project_id, request_id,
  causation_id, correlation_id, payload, encode(prev_hash, 'hex') as prev_hash, encode(hash, 'hex') as hash`;

/** Parameters: position, limit. */
export const readFeedStatement = {
  name: 'read-feed',
  // served by events_pkey
  text: `select ${eventColumns} from events where position > $1 order by position limit $2`,
};

export interface EventRow extends QueryResultRow {
  position: string;
  stream_id: string;
  version: string;
  type: string;
  schema_version: number;
  event_id: string;
  recorded_at: Date;
  actor: RecordedActor;
  project_id: string | null;
  request_id: string | null;
  causation_id: string | null;
  correlation_id: string | null;
  payload: object;
  prev_hash: string;
  hash: string;
}

export function recorded(row: EventRow): RecordedEvent {
  return {
    position: BigInt(row.position),
    streamId: row.stream_id,
    version: Number(row.version),
    eventId: row.event_id,
    type: row.type,
    schemaVersion: row.schema_version,
    recordedAt: row.recorded_at,
    actor: row.actor,
    projectId: row.project_id,
    requestId: row.request_id,
    causationId: row.causation_id,
    correlationId: row.correlation_id,
    payload: row.payload,
    prevHash: row.prev_hash,
    hash: row.hash,
  };
}
