import type { WebhookFilter } from '#domain';
import type { Database, Statement } from '#event-store';

/** A webhook and how far it has come. */
export interface CatalogWebhook extends WebhookFilter {
  readonly id: string;
  readonly url: string;
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** position of the last event that was delivered, not wanted, or given up */
  readonly cursor: bigint;
  /** of the event that is tried now */
  readonly attempts: number;
  readonly retryAt: Date | null;
  readonly reason: string | null;
  readonly lastSuccessAt: Date | null;
  readonly deadLetters: number;
  /** of the log */
  readonly head: bigint;
}

export const letterStatuses = ['dead', 'waiting'] as const;

/** An event that a webhook was not told in the end. */
export interface DeadLetter {
  readonly position: bigint;
  readonly type: string;
  readonly status: (typeof letterStatuses)[number];
  readonly attempts: number;
  readonly reason: string;
  readonly since: Date;
}

/** Webhooks as admins see them. Secrets come out sealed, and by themselves only. */
export class WebhookCatalog {
  constructor(private readonly database: Database) {}

  /** To be run in the append that says so. */
  keep(id: string, { url, secret }: { url?: string | undefined; secret?: Buffer | undefined }): Statement {
    return {
      name: 'keep-webhook',
      text: 'update webhooks.webhooks set url = coalesce($2, url), secret = coalesce($3, secret) where id = $1',
      values: [id, url ?? null, secret ?? null],
    };
  }

  replayStatement(id: string, from: bigint): Statement {
    return {
      name: 'replay-webhook',
      text: 'update webhooks.webhooks set cursor = $2::bigint - 1, attempts = 0, retry_at = null where id = $1',
      values: [id, from.toString()],
    };
  }

  retryStatement(id: string): Statement {
    return {
      name: 'retry-dead-letters',
      text: `update webhooks.dead_letters set status = 'waiting' where webhook_id = $1 and status = 'dead'`,
      values: [id],
    };
  }

  async find(id: string): Promise<CatalogWebhook | undefined> {
    const rows = await this.database.query<WebhookRow>({
      name: 'find-webhook',
      text: `select ${columns} from webhooks.webhooks w where id = $1`,
      values: [id],
    });
    return rows.map(webhook)[0];
  }

  /** Oldest first. There are some dozens of them. */
  async list(): Promise<CatalogWebhook[]> {
    const rows = await this.database.query<WebhookRow>({
      name: 'list-webhooks',
      text: `select ${columns} from webhooks.webhooks w order by created_at, id`,
      values: [],
    });
    return rows.map(webhook);
  }

  async letters(id: string, status: DeadLetter['status'], after: bigint, limit: number): Promise<DeadLetter[]> {
    const rows = await this.database.query<Omit<DeadLetter, 'position'> & { position: string }>({
      name: 'dead-letters',
      // served by dead_letters_by_status
      text: `select position, type, status, attempts, reason, since from webhooks.dead_letters
        where webhook_id = $1 and status = $2 and position > $3 order by position limit $4`,
      values: [id, status, after.toString(), limit],
    });
    return rows.map((row) => ({ ...row, position: BigInt(row.position) }));
  }

  async sealedSecret(id: string): Promise<Buffer | undefined> {
    const [row] = await this.database.query<{ secret: Buffer }>({
      name: 'webhook-secret',
      text: 'select secret from webhooks.webhooks where id = $1',
      values: [id],
    });
    return row?.secret;
  }
}

const columns = `id, url, types, project, enabled, created_at as "createdAt", updated_at as "updatedAt", cursor, attempts,
  retry_at as "retryAt", reason, last_success_at as "lastSuccessAt",
  (select count(*)::int from webhooks.dead_letters where webhook_id = w.id) as "deadLetters",
  (select coalesce(max(position), 0) from public.events) as head`;

type WebhookRow = Omit<CatalogWebhook, 'cursor' | 'head'> & { readonly cursor: string; readonly head: string };

const webhook = (row: WebhookRow): CatalogWebhook => ({ ...row, cursor: BigInt(row.cursor), head: BigInt(row.head) });
