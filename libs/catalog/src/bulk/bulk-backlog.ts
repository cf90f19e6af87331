import type { Database } from '#event-store';
import type { Work } from '../images/work-queue.js';

/** 'VITP': one pump at a time, whatever the number of workers */
const pumpLock = 1447646288;

/** What a bulk import that runs has under way and may have. */
export interface RunningBulkImport {
  readonly id: string;
  readonly project: string | null;
  readonly concurrency: number;
  /** items that a worker has, or that a job in the queue is for */
  readonly underWay: number;
  /** those of them that no worker has yet */
  readonly queued: number;
}

/** Items that are to get a job, of one bulk import. */
export interface Picked extends Work {
  /** how many of its project's items are under way before it: those of a busy project come last */
  readonly rank: number;
}

export type Share = (running: readonly RunningBulkImport[]) => ReadonlyMap<string, readonly number[]>;

/** Which waiting items of bulk imports get jobs. The backlog is `catalog.work`; the queue may be lost at any time. */
export class BulkBacklog {
  constructor(
    private readonly database: Database,
    /** a job that no worker has claimed for so long counts as lost */
    private readonly lostSeconds: number,
  ) {}

  /**
   * Takes as many items as `share` says, and notes that they have jobs; the rank of each is what `share` gave it. undefined
   * when nothing waits, and while another process does so.
   */
  pick(share: Share): Promise<Picked[] | undefined> {
    return this.database.alone(pumpLock, async (client) => {
      const { rows } = await client.query<RunningBulkImport>({ ...runningStatement, values: [this.lostSeconds] });
      if (rows.length === 0) return undefined;
      const picked: Picked[] = [];
      for (const [id, ranks] of share(rows)) {
        const taken = await client.query<Work>({ ...takeStatement, values: [id, ranks.length, this.lostSeconds] });
        picked.push(...taken.rows.map((work, index) => ({ ...work, rank: ranks[index]! })));
      }
      return picked;
    });
  }

  /** Items that wait or run though their bulk import was cancelled. */
  async cancelled(limit: number): Promise<Work[]> {
    return this.database.query<Work>({
      name: 'cancelled-bulk-items',
      // served by bulk_imports_by_status and bulk_items_by_status
      text: `select i.image_id as "imageId", 'import' as kind, i.task as attempt, i.attempt as claims
        from catalog.bulk_imports b join catalog.bulk_items i on i.batch_id = b.id and i.status in ('waiting', 'running')
        where b.status = 'cancelled' limit $1`,
      values: [limit],
    });
  }

  /** Bulk imports that run, of which nothing waits or runs. */
  async ended(limit: number): Promise<{ id: string; done: number; failed: number; cancelled: number }[]> {
    const counted = ['done', 'failed', 'cancelled'].map(
      (status) =>
        `(select count(*)::int from catalog.bulk_items where batch_id = b.id and status = '${status}') as ${status}`,
    );
    return this.database.query({
      name: 'ended-bulk-imports',
      // served by bulk_imports_by_status and bulk_items_by_status
      text: `select b.id, ${counted.join(', ')} from catalog.bulk_imports b
        where b.status = 'running' and not exists (select from catalog.bulk_items i
          where i.batch_id = b.id and i.status in ('waiting', 'running')) limit $1`,
      values: [limit],
    });
  }

  /** Bulk imports that run although an item failed on which they are to stop, with the first such item. */
  async toStop(limit: number): Promise<{ id: string; line: number; imageId: string; reason: string }[]> {
    return this.database.query({
      name: 'bulk-imports-to-stop',
      // served by bulk_imports_by_status and bulk_items_by_status
      text: `select b.id, i.line, i.image_id as "imageId", coalesce(i.reason, '') as reason
        from catalog.bulk_imports b cross join lateral (select * from catalog.bulk_items i
          where i.batch_id = b.id and ${stops} order by i.line limit 1) i
        where b.status = 'running' limit $1`,
      values: [limit],
    });
  }

  /** Bulk imports whose request was not finished: whoever sent it has not come back for so long. */
  async abandoned(seconds: number, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>({
      name: 'abandoned-bulk-imports',
      // served by bulk_imports_by_status
      text: `select id from catalog.bulk_imports
        where status = 'requested' and created_at < now() - make_interval(secs => $1) limit $2`,
      values: [seconds, limit],
    });
    return rows.map(({ id }) => id);
  }
}

/** An item that stops its bulk import `b`. */
const stops = `b.on_error = 'stop' and i.status = 'failed' and i.updated_at >= b.goes_on_since`;

/** Parameter: seconds after which a job counts as lost. */
const runningStatement = {
  name: 'running-bulk-imports',
  // served by bulk_imports_by_status, work_under_way and work_backlog
  text: `select b.id, b.project, b.concurrency, w."underWay", w.queued
    from catalog.bulk_imports b cross join lateral (
      select count(*) filter (where state = 'running' or queued_at > now() - make_interval(secs => $1))::int as "underWay",
        count(*) filter (where state = 'waiting' and queued_at > now() - make_interval(secs => $1))::int as queued
      from catalog.work where batch_id = b.id and (state = 'running' or queued_at is not null)) w
    where b.status = 'running'
      and not exists (select from catalog.bulk_items i where i.batch_id = b.id and ${stops})
      and exists (select from catalog.work where batch_id = b.id and state = 'waiting' and not_before <= now())
    order by b.created_at, b.id`,
};

/** Parameters: bulk import, how many, seconds after which a job counts as lost. */
const takeStatement = {
  name: 'take-bulk-items',
  // served by work_backlog; what an append has just in hand is taken another time
  text: `update catalog.work set queued_at = now() where image_id in (
      select image_id from catalog.work
      where batch_id = $1 and state = 'waiting' and not_before <= now()
        and (queued_at is null or queued_at <= now() - make_interval(secs => $3))
      order by not_before, line limit $2 for update skip locked)
    returning image_id as "imageId", kind, attempt, claims`,
};
