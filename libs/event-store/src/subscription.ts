import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Database } from './database.js';
import type { RecordedEvent } from './event.js';
import type { EventFeed } from './event-feed.js';
import { readFeedStatement, recorded, type EventRow } from './event-store.js';

const batchSize = 500;
const firstRetryMs = 100;
const lastRetryMs = 10_000;
/** Before the log is read again: where a thousand events a second come, they are read fifty times, not a thousand. */
const breathMs = 20;

/**
 * Reads the log from a checkpoint, in commit order, for ever. The handler's writes through `client` and the checkpoint
 * move in one transaction; what it does elsewhere happens at least once.
 */
export interface SubscriptionOptions {
  /** Key of the checkpoint; of several processes with one name, one works and the others wait for its lock. */
  readonly name: string;
  handle(events: readonly RecordedEvent[], client: pg.PoolClient): Promise<void>;
  /** Told when a batch failed; it is tried again with a growing pause. */
  onError?(error: unknown): void;
}

export class Subscription {
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly feed: EventFeed,
    private readonly options: SubscriptionOptions,
  ) {}

  start(): void {
    this.feed.start();
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** Handles what is there now; returns how many events that were. */
  async catchUp(): Promise<number> {
    let total = 0;
    for (;;) {
      const handled = await this.handleBatch();
      total += handled;
      if (handled < batchSize || this.stopped.signal.aborted) return total;
    }
  }

  private async run(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!this.stopped.signal.aborted) {
      try {
        const seen = this.feed.wakeUps;
        await this.catchUp();
        retryMs = firstRetryMs;
        await this.pause(breathMs);
        await this.feed.next(seen, this.stopped.signal);
      } catch (error) {
        this.options.onError?.(error);
        await this.pause(retryMs);
        retryMs = Math.min(retryMs * 2, lastRetryMs);
      }
    }
  }

  /** Ends early when the subscription is stopped. */
  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }

  private async handleBatch(): Promise<number> {
    const { name } = this.options;
    return this.database.transaction(async (client) => {
      await client.query('insert into subscriptions (name) values ($1) on conflict do nothing', [name]);
      const { rows } = await client.query<{ checkpoint: string }>(
        'select checkpoint from subscriptions where name = $1 for update',
        [name],
      );
      const feed = await client.query<EventRow>({ ...readFeedStatement, values: [rows[0]!.checkpoint, batchSize] });
      const events = feed.rows.map(recorded);
      const last = events.at(-1);
      if (!last) return 0;
      await this.options.handle(events, client);
      await client.query('update subscriptions set checkpoint = $2, moved_at = now() where name = $1', [
        name,
        last.position.toString(),
      ]);
      return events.length;
    });
  }
}
