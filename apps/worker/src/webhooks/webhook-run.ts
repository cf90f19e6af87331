import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'lossless-json';
import {
  cloudEvent,
  cloudEventType,
  eventSource,
  eventView,
  isTold,
  type CatalogWebhook,
  type ToldEvent,
  type WebhookCatalog,
  type WebhookProgress,
} from '#catalog';
import { readableOnly } from '#domain';
import type { EventFeed, EventStore } from '#event-store';
import type { WebReceiver } from '#image-data';
import type { EventTeller, Logger, RunningConfig, WebhookSecrets } from '#platform';
import { signed } from './signature.js';

const page = 100;
const longestPauseMs = 3_600_000;

export interface WebhookTools {
  readonly store: EventStore;
  readonly feed: EventFeed;
  readonly teller: EventTeller;
  readonly catalog: WebhookCatalog;
  readonly progress: WebhookProgress;
  readonly secrets: WebhookSecrets;
  readonly config: RunningConfig;
  readonly logger: Logger;
}

/** Tells one receiver what happens, in order, and nobody else: how it is with others is nothing to it. */
export class WebhookRun {
  constructor(
    private readonly id: string,
    private readonly tools: WebhookTools,
    private readonly receiver: WebReceiver,
    private readonly signal: AbortSignal,
  ) {}

  private isStopped(): boolean {
    return this.signal.aborted;
  }

  /** Until the webhook is disabled or gone, or the signal aborts. */
  async run(): Promise<void> {
    while (!this.isStopped()) {
      const { feed, catalog } = this.tools;
      const seen = feed.wakeUps;
      const webhook = await catalog.find(this.id);
      if (!webhook?.enabled) return;
      const wait = (webhook.retryAt?.getTime() ?? 0) - Date.now();
      if (wait > 0) await this.pause(wait, seen);
      else if (!(await this.retryLetters(webhook)) && !(await this.tellNext(webhook)))
        await feed.next(seen, this.signal);
    }
  }

  /** A change of the webhook may be what it waits for. */
  private async pause(ms: number, seen: number): Promise<void> {
    const early = new AbortController();
    const signal = AbortSignal.any([early.signal, this.signal]);
    const due = delay(ms, undefined, { signal }).catch(() => undefined);
    await Promise.race([due, this.tools.feed.next(seen, signal)]);
    early.abort();
  }

  /** False when nothing was there. */
  private async tellNext(webhook: CatalogWebhook): Promise<boolean> {
    const { store, teller, progress } = this.tools;
    const events = await store.readFeed(webhook.cursor, page);
    const last = events.at(-1);
    if (!last) return false;
    let { cursor } = webhook;
    for (const told of await teller.tell(events)) {
      if (!isTold(webhook, told)) continue;
      if (this.isStopped()) return true;
      const { position } = told.event;
      const reason = await this.deliver(webhook, told);
      if (reason !== undefined) {
        if (!this.isStopped()) await this.failed(webhook, cursor, told, reason);
        return true;
      }
      // Whoever replays it or changes it meanwhile is heard: what is left of the page is read again.
      if (!(await progress.move(this.id, cursor, position, true))) return true;
      cursor = position;
      if (!(await this.isSame(webhook))) return true;
    }
    if (cursor < last.position) await progress.move(this.id, cursor, last.position, false);
    return true;
  }

  private async isSame({ updatedAt }: CatalogWebhook): Promise<boolean> {
    const now = await this.tools.catalog.find(this.id);
    return now?.updatedAt.getTime() === updatedAt.getTime();
  }

  private async failed(webhook: CatalogWebhook, cursor: bigint, { event }: ToldEvent, reason: string): Promise<void> {
    const { progress, config, logger } = this.tools;
    const { position, type } = event;
    // Of the first one of a page only the row knows of tries.
    const attempts = (cursor === webhook.cursor ? webhook.attempts : 0) + 1;
    const failed = { position, type, attempts, reason };
    const isOver = attempts >= config.webhooks.attempts;
    if (isOver) await progress.bury(this.id, cursor, failed);
    else await progress.failed(this.id, cursor, failed, this.retryTime(attempts));
    if (isOver) logger.warn({ webhook: this.id, ...failed, position: position.toString() }, 'an event is given up');
  }

  /** Twice as long after each try, with up to a half more so that not all come back at once. */
  private retryTime(attempts: number): Date {
    const pause = Math.min(this.tools.config.webhooks.retrySeconds * 1000 * 2 ** (attempts - 1), longestPauseMs);
    return new Date(Date.now() + pause * (1 + Math.random() / 2));
  }

  /** One try of each that waits for one. False when none does. */
  private async retryLetters(webhook: CatalogWebhook): Promise<boolean> {
    const { catalog, store, teller, progress } = this.tools;
    if (webhook.deadLetters === 0) return false;
    const letters = await catalog.letters(this.id, 'waiting', 0n, page);
    for (const letter of letters) {
      const [event] = await store.readFeed(letter.position - 1n, 1);
      const [told] = await teller.tell([event!]);
      const reason = await this.deliver(webhook, told!);
      if (this.isStopped()) return true;
      await progress.retried(this.id, letter, reason);
    }
    return letters.length > 0;
  }

  /** undefined when it was taken */
  private async deliver(webhook: CatalogWebhook, told: ToldEvent): Promise<string | undefined> {
    const { catalog, secrets, config } = this.tools;
    const sealed = await catalog.sealedSecret(this.id);
    const secret = sealed && (await secrets.open(this.id, sealed));
    if (secret === undefined) return 'The secret cannot be opened any more: give it a new one.';
    // A project is told what its readers may know of properties.
    const roles = webhook.project === null ? ['admin', 'member', 'reader'] : ['reader'];
    const view = eventView(told, (values) => readableOnly(values, { roles }, config.propertyProtections));
    const body = stringify(cloudEvent(view, eventSource(config.publicUrl)))!;
    const id = `msg_${this.id}_${told.event.position}`;
    const headers = signed(secret, id, Math.floor(Date.now() / 1000), body);
    return this.receiver.post(webhook.url, body, { 'content-type': cloudEventType, ...headers }, this.signal);
  }
}
