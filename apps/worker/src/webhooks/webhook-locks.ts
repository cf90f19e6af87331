import pg from 'pg';
import type { Database } from '#event-store';

/** 'VITW'; the second half of each lock is the webhook's */
const lockClass = 1447646295;

/**
 * One worker delivers a webhook. Locks of a session are gone with its connection, so with its process, at once; whoever
 * loses the connection has to stop.
 */
export class WebhookLocks {
  private client: Promise<pg.Client> | undefined;
  private lost = new AbortController();

  constructor(private readonly database: Database) {}

  /** Aborts when what is locked now is not locked any more; undefined when another process has it. */
  async tryLock(id: string): Promise<AbortSignal | undefined> {
    const client = await this.connected();
    const { signal } = this.lost;
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as mine', [
      lockClass,
      id,
    ]);
    return rows[0]!.mine ? signal : undefined;
  }

  async unlock(id: string): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    await client?.query('select pg_advisory_unlock($1, hashtext($2))', [lockClass, id]).catch(() => undefined);
  }

  async close(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  private connected(): Promise<pg.Client> {
    this.client ??= this.connect();
    return this.client;
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.database.connection(), application_name: 'vitrine webhooks' });
    const lost = new AbortController();
    this.lost = lost;
    const end = () => {
      if (this.lost === lost) this.client = undefined;
      lost.abort();
    };
    client.on('error', end);
    client.on('end', end);
    try {
      await client.connect();
    } catch (error) {
      end();
      throw error;
    }
    return client;
  }
}
