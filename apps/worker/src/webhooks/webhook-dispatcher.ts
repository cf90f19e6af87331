import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WebhookCatalog, WebhookProgress } from '#catalog';
import { Database, EventFeed, EventStore } from '#event-store';
import { WebReceiver } from '#image-data';
import { CONFIG, EventTeller, LOGGER, WebhookSecrets, type Logger, type RunningConfig } from '#platform';
import { quietly } from '../quiet-errors.js';
import { WebhookLocks } from './webhook-locks.js';
import { WebhookRun, type WebhookTools } from './webhook-run.js';

const breathMs = 100;
const retryMs = 1_000;

/** Runs every webhook that no other worker runs, each by itself. */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopped = new AbortController();
  private readonly runs = new Map<string, Promise<void>>();
  private readonly locks: WebhookLocks;
  private readonly tools: WebhookTools;
  private readonly onError: (error: Error) => void;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Database) database: Database,
    @Inject(EventStore) store: EventStore,
    @Inject(EventFeed) private readonly feed: EventFeed,
    @Inject(EventTeller) teller: EventTeller,
    @Inject(WebhookCatalog) catalog: WebhookCatalog,
    @Inject(WebhookProgress) private readonly progress: WebhookProgress,
    @Inject(WebhookSecrets) secrets: WebhookSecrets,
    @Inject(CONFIG) private readonly config: RunningConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.locks = new WebhookLocks(database);
    this.tools = { store, feed, teller, catalog, progress, secrets, config, logger };
    this.onError = quietly(logger, 'webhooks could not be delivered; trying again');
  }

  onApplicationBootstrap(): void {
    if (this.config.workers === 0) return;
    this.feed.start();
    this.running = this.watch();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
    await Promise.all(this.runs.values());
    await this.locks.close();
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const seen = this.feed.wakeUps;
      try {
        for (const id of await this.progress.enabled()) if (!this.runs.has(id)) await this.begin(id);
      } catch (error) {
        this.onError(error as Error);
      }
      await delay(breathMs, undefined, { signal }).catch(() => undefined);
      await this.feed.next(seen, signal);
    }
  }

  private async begin(id: string): Promise<void> {
    const lost = await this.locks.tryLock(id);
    if (!lost) return;
    const signal = AbortSignal.any([lost, this.stopped.signal]);
    const receiver = new WebReceiver(this.config.webhooks);
    const run = new WebhookRun(id, this.tools, receiver, signal)
      .run()
      .catch(async (error: unknown) => {
        this.onError(error as Error);
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
      })
      .then(async () => {
        await receiver.close();
        await this.locks.unlock(id);
      })
      .finally(() => this.runs.delete(id));
    this.runs.set(id, run);
  }
}
