import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Database } from './database.js';

const pollMs = 1_000;

/**
 * Wakes whoever waits for new events. LISTEN makes it quick; a poll every second makes it sure, because a notification
 * is lost when its connection breaks.
 */
export class EventFeed {
  private count = 0;
  private readonly waiting = new Set<() => void>();
  private readonly stopped = new AbortController();
  private listening: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  start(): void {
    this.listening ??= this.listen();
  }

  /** How often it has woken up; to be read before the log is, so that no event slips in between unnoticed. */
  get wakeUps(): number {
    return this.count;
  }

  /** Resolves when it wakes up again after `seen`, after a second, or when the feed or the signal stops. */
  next(seen: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, pollMs);
      this.waiting.add(done);
      signal?.addEventListener('abort', done);
      if (this.count !== seen || signal?.aborted || this.stopped.signal.aborted) done();
    });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.wake();
    await this.listening;
  }

  private wake(): void {
    this.count++;
    for (const done of [...this.waiting]) done();
  }

  private async listen(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const client = new pg.Client({ ...this.database.connection(), application_name: 'vitrine feed' });
      const ended = new Promise<void>((resolve) => {
        client.on('end', resolve);
        client.on('error', () => resolve());
        signal.addEventListener('abort', () => resolve());
      });
      client.on('notification', () => this.wake());
      try {
        await client.connect();
        await client.query('listen vitrine_events');
        this.wake();
        await ended;
      } catch {
        // The poll carries on meanwhile; whoever reads reports the database's state.
      }
      await client.end().catch(() => undefined);
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
