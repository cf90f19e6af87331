import pg from 'pg';
import { copyRows } from './copy-rows.js';
import type { Database } from './database.js';
import type { StoredEvent } from './hash-chain.js';

const pageSize = 1_000;

/** Reads the log to the letter, on a connection of its own. */
export class StoredEvents {
  private constructor(private readonly client: pg.Client) {}

  static async open(database: Database): Promise<StoredEvents> {
    const client = new pg.Client(database.connection());
    // A connection that breaks is told by the question under way, or by the next one.
    client.on('error', () => undefined);
    await client.connect();
    await client.query("set datestyle to 'ISO'");
    return new StoredEvents(client);
  }

  /**
   * Hands over every event after a position, up to another or to the end, as they come: nothing is kept. What `take`
   * throws ends it, and these StoredEvents with it.
   */
  async each(after: number, upTo: number, take: (event: StoredEvent) => void): Promise<void> {
    // served by events_pkey; both are numbers of ours
    const select = `select ${columns} from events where position > ${after} and position <= ${upTo} order by position`;
    await copyRows(this.client, select, (row) => take(storedEvent(row as unknown as Row)));
  }

  /** The next events after a position. */
  async page(after: number, limit: number): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    await this.each(after, after + limit, (event) => events.push(event));
    return events;
  }

  /** Up to a position; memory holds two pages, one of which is on its way. */
  async *pages(after: number, upTo: number): AsyncGenerator<readonly StoredEvent[]> {
    const read = (from: number) => {
      const page = this.page(from, Math.min(pageSize, upTo - from));
      // Whoever stops early does not wait for it.
      page.catch(() => undefined);
      return page;
    };
    let next = read(after);
    for (let from = after; from < upTo; from += pageSize) {
      const events = await next;
      if (from + pageSize < upTo) next = read(from + pageSize);
      yield events;
    }
  }

  /** Hash of the event at a position; undefined when there is none. */
  async hashAt(position: number): Promise<string | undefined> {
    const [event] = await this.page(position - 1, 1);
    return event?.hash;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

const columns = `position, actor, causation_id, correlation_id, event_id, payload, project_id,
  recorded_at at time zone 'utc', request_id, schema_version, stream_id, type, version,
  encode(prev_hash, 'hex'), encode(hash, 'hex')`;

type Text = string | null;
type Row = readonly [
  position: string,
  actor: string,
  causationId: Text,
  correlationId: Text,
  eventId: string,
  payload: string,
  projectId: Text,
  recordedAt: string,
  requestId: Text,
  schemaVersion: string,
  streamId: string,
  type: string,
  version: string,
  prevHash: string,
  hash: string,
];

/** As `canonicalEvent` writes it, from the row's own texts. */
function storedEvent(row: Row): StoredEvent {
  const [position, actor, causation, correlation, id, payload, project, time, request, schema, stream] = row;
  return {
    position: Number(position),
    canonical:
      `{"actor":${actor},"causation_id":${quoted(causation)},"correlation_id":${quoted(correlation)},"event_id":"${id}",` +
      `"payload":${payload},"project_id":${quoted(project)},"recorded_at":"${isoTime(time)}","request_id":${quoted(request)},` +
      `"schema_version":${schema},"stream_id":${quoted(stream)},"type":${quoted(row[11])},"version":${row[12]}}`,
    prevHash: row[13],
    hash: row[14],
  };
}

const plain = /^[ !#-[\]-~]*$/;

function quoted(text: Text): string {
  if (text === null) return 'null';
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** `2026-01-31 12:00:00.12` as Date has it. What is not in whole milliseconds was never written so, and stays strange. */
function isoTime(text: string): string {
  const fraction = text.slice(20);
  const ms = fraction.length > 3 ? `${fraction}?` : fraction.padEnd(3, '0');
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${ms}Z`;
}
