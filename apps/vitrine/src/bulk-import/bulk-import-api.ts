import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { CloudError } from '../openstack/clouds.js';
import { jsonOf, Unreachable, type Asked, type Session } from '../openstack/session.js';
import type { Given } from './given.js';

/** A bulk import as the service shows it. */
export interface BulkView {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly items: Readonly<Record<'total' | 'waiting' | 'running' | 'done' | 'failed' | 'cancelled', number>>;
  readonly bytes: { readonly done: number; readonly total: number; readonly unknown_items: number };
  readonly rate: number | null;
  readonly seconds_left: number | null;
}

export interface ItemView {
  readonly line: number;
  readonly image_id: string;
  readonly url: string;
  readonly status: string;
  readonly reason: string | null;
  readonly bytes: { readonly done: number; readonly total: number | null };
}

/** What a dry run found. */
export interface DryRun {
  readonly dry_run: true;
  readonly items: number;
  readonly bytes: { readonly total: number; readonly unknown_items: number };
}

export interface InvalidItem {
  readonly line: number;
  readonly field: string | null;
  readonly problem: string;
  readonly name?: string;
}

/** The service said no. */
export class Refusal extends CloudError {
  constructor(
    readonly status: number,
    message: string,
    readonly invalid: readonly InvalidItem[],
  ) {
    super(message);
  }
}

const path = '/vitrine/v1/bulk-imports';
const tries = 4;

/** The requests of `/vitrine/v1/bulk-imports`. What may be repeated is, when the service cannot be reached for a moment. */
export class BulkImportApi {
  constructor(private readonly session: Session) {}

  /** With a key it is one bulk import, however often it is sent. @throws CloudError */
  async request({ query, contentType, body }: Given, key: string, signal: AbortSignal): Promise<BulkView | DryRun> {
    const headers = { 'content-type': contentType, 'idempotency-key': key };
    return (await this.ask({ method: 'POST', path: path + query, body, headers, signal })) as BulkView | DryRun;
  }

  async show(id: string, signal?: AbortSignal): Promise<BulkView> {
    return (await this.ask({ path: `${path}/${id}`, ...(signal && { signal }) })) as BulkView;
  }

  async change(id: string, what: string, token?: string): Promise<BulkView> {
    const body =
      token === undefined ? {} : { body: JSON.stringify({ token }), headers: { 'content-type': 'application/json' } };
    return (await this.ask({ method: 'POST', path: `${path}/${id}/${what}`, ...body })) as BulkView;
  }

  /** At most so many, of one status. */
  async items(id: string, status: string, limit: number): Promise<ItemView[]> {
    return ((await this.ask({ path: `${path}/${id}/items?status=${status}&limit=${limit}` })) as { items: ItemView[] })
      .items;
  }

  /** Events as they happen, after one that was seen; undefined where the service has no such stream. */
  async events(
    id: string,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData['body'] | undefined> {
    const headers = { accept: 'text/event-stream', ...(after !== undefined && { 'last-event-id': after }) };
    const answer = await this.session.ask({ path: `/vitrine/v1/events/stream?batch=${id}`, headers, signal });
    const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
    if (answer.statusCode === 200 && isStream) return answer.body;
    await answer.body.dump();
    return undefined;
  }

  private async ask(asked: Asked): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.session.ask(asked);
        const isBusy = answer.statusCode === 503 || answer.statusCode === 429;
        if (!isBusy || attempt === tries) return await read(answer);
        await answer.body.dump();
      } catch (error) {
        if (!(error instanceof Unreachable) || attempt === tries) throw error;
      }
      await delay(500 * 2 ** attempt, undefined, { signal: asked.signal });
    }
  }
}

/** @throws Refusal */
async function read(answer: Dispatcher.ResponseData): Promise<unknown> {
  const text = await answer.body.text();
  const body = jsonOf(text) as { detail?: string; title?: string; invalid?: InvalidItem[] } | undefined;
  if (answer.statusCode < 300 && typeof body === 'object') return body;
  const told = body?.detail ?? body?.title ?? 'the answer is none of the service';
  throw new Refusal(answer.statusCode, `${told} (${answer.statusCode})`, body?.invalid ?? []);
}
