import type { BulkImportOptions, BulkImportStatus } from '#domain';
import { eventColumns, recorded, type Database, type EventRow, type RecordedEvent } from '#event-store';
import type { BulkItemStatus } from './bulk-item.projection.js';

/** A bulk import and how far it is, all as of one position of the log. Bytes as bigint. */
export interface CatalogBulkImport {
  readonly id: string;
  readonly project: string | null;
  readonly userId: string;
  readonly status: BulkImportStatus;
  readonly reason: string | null;
  readonly items: number;
  readonly concurrency: number;
  readonly attempts: number;
  readonly onError: BulkImportOptions['onError'];
  readonly goesOnSince: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** items made so far, by status */
  readonly counts: Readonly<Record<BulkItemStatus, number>>;
  readonly bytesOfDone: bigint;
  /** of those that went on since the bulk import was (re)started */
  readonly recentBytes: bigint;
  readonly recentItems: number;
  /** of the attempts under way: how many bytes came, and how many are to come of those whose server said so */
  readonly bytesUnderWay: bigint;
  readonly bytesAnnounced: bigint;
  readonly announced: number;
  /** of the newest event that this tells */
  readonly position: bigint;
  /** by the database's clock */
  readonly now: Date;
}

export interface CatalogBulkItem {
  readonly imageId: string;
  readonly line: number;
  readonly task: string;
  readonly url: string;
  readonly status: BulkItemStatus;
  readonly attempt: number;
  readonly reason: string | null;
  readonly size: bigint | null;
  readonly updatedAt: Date;
  /** of the attempt under way */
  readonly bytes: bigint;
  readonly bytesTotal: bigint | null;
}

export interface BulkItemQuery {
  readonly status: BulkItemStatus | undefined;
  /** line of the last item of the page before */
  readonly after: number;
  readonly limit: number;
}

/** Answers from the read models of bulk imports; one statement a question, so that its figures are of one moment. */
export class BulkCatalog {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<CatalogBulkImport | undefined> {
    const rows = await this.database.query<BulkImportRow>({
      name: 'find-bulk-import',
      // served by bulk_imports_pkey, bulk_items_by_status and work_under_way
      text: `select ${columns} from catalog.bulk_imports b ${progress} where b.id = $1`,
      values: [id],
    });
    return rows.map(bulkImport)[0];
  }

  /** What happened to it and its items after a position, in order, and up to which position that is all. */
  async eventsAfter(id: string, after: bigint, limit: number): Promise<{ events: RecordedEvent[]; upTo: bigint }> {
    const rows = await this.database.query<{ [Column in keyof EventRow]: EventRow[Column] | null } & { up_to: string }>(
      {
        name: 'bulk-import-events',
        // served by bulk_items_by_line and events_stream_id_version_key
        text: `select (select coalesce(max(position), 0) from events) as up_to, found.* from (select) as always left join (
          select ${eventColumns} from (
            select 'bulk-' || $1::uuid as stream
            union all select 'image-' || image_id from catalog.bulk_items where batch_id = $1) of_it
          join events on stream_id = stream and position > $2 and (type = any($4::text[]) or stream_id like 'bulk-%')
          order by position limit $3) found on true order by position`,
        values: [id, after.toString(), limit, bulkItemEvents],
      },
    );
    const events = rows.filter((row) => row.position !== null).map((row) => recorded(row as EventRow));
    const isAll = events.length < limit;
    return { events, upTo: isAll ? BigInt(rows[0]!.up_to) : events.at(-1)!.position };
  }

  /** Newest first; of one project if it is named. undefined when the marker is none of them. */
  async list(project: string | null, limit: number, marker?: string): Promise<CatalogBulkImport[] | undefined> {
    if (marker !== undefined && !(await this.find(marker))) return undefined;
    const conditions = [
      project === null ? '$1::text is null' : 'b.project = $1',
      marker === undefined
        ? '$3::uuid is null'
        : '(b.created_at, b.id) < (select created_at, id from catalog.bulk_imports where id = $3)',
    ];
    const rows = await this.database.query<BulkImportRow>({
      // served by bulk_imports_by_project or bulk_imports_by_age
      text: `select ${columns} from catalog.bulk_imports b ${progress}
        where ${conditions.join(' and ')} order by b.created_at desc, b.id desc limit $2`,
      values: [project, limit, marker ?? null],
    });
    return rows.map(bulkImport);
  }

  /** By line. */
  async items(id: string, { status, after, limit }: BulkItemQuery): Promise<CatalogBulkItem[]> {
    const rows = await this.database.query<BulkItemRow>({
      name: status === undefined ? 'bulk-items' : 'bulk-items-by-status',
      // served by bulk_items_by_line or bulk_items_by_status
      text: `select i.image_id as "imageId", i.line, i.task, i.url, i.status, i.attempt, i.reason, i.size,
          i.updated_at as "updatedAt", coalesce(w.bytes, 0) as bytes, w.bytes_total as "bytesTotal"
        from catalog.bulk_items i left join catalog.work w on w.image_id = i.image_id and w.state = 'running'
        where i.batch_id = $1 and i.line > $2 and ${status === undefined ? '$4::text is null' : 'i.status = $4'}
        order by i.line limit $3`,
      values: [id, after, limit, status ?? null],
    });
    return rows.map(({ size, bytes, bytesTotal, ...row }) => ({
      ...row,
      ...{ size: bigint(size), bytes: BigInt(bytes), bytesTotal: bigint(bytesTotal) },
    }));
  }
}

/** Types of the events that change the status of an item. */
export const bulkItemEvents: readonly string[] = [
  'ImageImportRequested',
  'ImageImportStarted',
  'ImageImportFailed',
  'ImageImportCompleted',
  'ImageImportCancelled',
  'ImageDeleted',
];

const columns = `b.id, b.project, b.user_id as "userId", b.status, b.reason, b.items, b.concurrency, b.attempts,
  b.on_error as "onError", b.goes_on_since as "goesOnSince", b.created_at as "createdAt", b.updated_at as "updatedAt",
  i.waiting, i.running, i.done, i.failed, i.cancelled, i."bytesOfDone", i."recentBytes", i."recentItems",
  w."bytesUnderWay", w."bytesAnnounced", w.announced, now() as now,
  (select coalesce(max(position), 0) from events) as position`;

const count = (status: BulkItemStatus) => `count(*) filter (where status = '${status}')::int as ${status}`;

const progress = `
  cross join lateral (
    select ${(['waiting', 'running', 'done', 'failed', 'cancelled'] as const).map(count).join(', ')},
      coalesce(sum(size), 0) as "bytesOfDone",
      coalesce(sum(size) filter (where updated_at >= b.goes_on_since), 0) as "recentBytes",
      count(*) filter (where status in ('done', 'failed') and updated_at >= b.goes_on_since)::int as "recentItems"
    from catalog.bulk_items where batch_id = b.id) i
  cross join lateral (
    select coalesce(sum(bytes), 0) as "bytesUnderWay", coalesce(sum(bytes_total), 0) as "bytesAnnounced",
      count(bytes_total)::int as announced
    from catalog.work where batch_id = b.id and state = 'running') w`;

type Sums = 'bytesOfDone' | 'recentBytes' | 'bytesUnderWay' | 'bytesAnnounced' | 'position';
type BulkImportRow = Omit<CatalogBulkImport, Sums | 'counts'> & Record<Sums, string> & Record<BulkItemStatus, number>;
type BulkItemRow = Omit<CatalogBulkItem, 'size' | 'bytes' | 'bytesTotal'> & {
  readonly size: string | null;
  readonly bytes: string;
  readonly bytesTotal: string | null;
};

function bulkImport({ waiting, running, done, failed, cancelled, ...row }: BulkImportRow): CatalogBulkImport {
  return {
    ...row,
    counts: { waiting, running, done, failed, cancelled },
    bytesOfDone: BigInt(row.bytesOfDone),
    recentBytes: BigInt(row.recentBytes),
    bytesUnderWay: BigInt(row.bytesUnderWay),
    bytesAnnounced: BigInt(row.bytesAnnounced),
    position: BigInt(row.position),
  };
}

const bigint = (text: string | null) => (text === null ? null : BigInt(text));
