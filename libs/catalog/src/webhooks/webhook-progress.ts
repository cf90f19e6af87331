import type { Database } from '#event-store';
import type { DeadLetter } from './webhook-catalog.js';

/** What became of one event at one webhook. */
export interface Failed {
  readonly position: bigint;
  readonly type: string;
  readonly attempts: number;
  readonly reason: string;
}

/**
 * How far webhooks have come. A place is moved only from where it was seen: who was told to begin elsewhere meanwhile begins
 * there, and each of these answers false.
 */
export class WebhookProgress {
  constructor(private readonly database: Database) {}

  async enabled(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>({
      name: 'enabled-webhooks',
      text: 'select id from webhooks.webhooks where enabled order by id',
      values: [],
    });
    return rows.map(({ id }) => id);
  }

  /** Everything up to `to` was delivered (`isSuccess`) or was not wanted. */
  async move(id: string, from: bigint, to: bigint, isSuccess: boolean): Promise<boolean> {
    const rows = await this.database.query({
      name: 'move-webhook',
      text: `update webhooks.webhooks set cursor = $3, attempts = 0, retry_at = null, reason = null,
          last_success_at = case when $4 then now() else last_success_at end
        where id = $1 and cursor = $2 returning 1`,
      values: [id, from.toString(), to.toString(), isSuccess],
    });
    return rows.length > 0;
  }

  async failed(id: string, from: bigint, { attempts, reason }: Failed, retryAt: Date): Promise<boolean> {
    const rows = await this.database.query({
      name: 'fail-webhook',
      text: `update webhooks.webhooks set attempts = $3, reason = $4, retry_at = $5 where id = $1 and cursor = $2 returning 1`,
      values: [id, from.toString(), attempts, reason, retryAt],
    });
    return rows.length > 0;
  }

  /** The event is given up, and the next one follows. */
  async bury(id: string, from: bigint, failed: Failed): Promise<boolean> {
    const rows = await this.database.query({
      name: 'bury-letter',
      text: `with moved as (
          update webhooks.webhooks set cursor = $3, attempts = 0, retry_at = null, reason = $6 where id = $1 and cursor = $2
          returning id)
        insert into webhooks.dead_letters (webhook_id, position, type, status, attempts, reason, since)
        select id, $3, $4, 'dead', $5, $6, now() from moved
        on conflict (webhook_id, position) do update
          set status = 'dead', attempts = excluded.attempts, reason = excluded.reason, since = excluded.since
        returning 1`,
      values: [id, from.toString(), failed.position.toString(), failed.type, failed.attempts, failed.reason],
    });
    return rows.length > 0;
  }

  /** What became of a letter that was tried once more; no reason: it was delivered. */
  async retried(id: string, { position, attempts }: DeadLetter, reason: string | undefined): Promise<void> {
    const values = [id, position.toString()];
    await this.database.query(
      reason === undefined
        ? {
            name: 'forget-letter',
            text: 'delete from webhooks.dead_letters where webhook_id = $1 and position = $2',
            values,
          }
        : {
            name: 'letter-failed-again',
            text: `update webhooks.dead_letters set status = 'dead', attempts = $3, reason = $4
              where webhook_id = $1 and position = $2`,
            values: [...values, attempts + 1, reason],
          },
    );
  }
}
