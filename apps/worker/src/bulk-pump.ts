import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { BulkBacklog, type Picked } from '#catalog';
import type { Config } from '#config';
import { EventFeed } from '#event-store';
import { JobQueues, toImport } from '#jobs';
import { BulkImports, CONFIG, Images, LOGGER, systemActor, type Logger } from '#platform';
import { fairShare } from './fair-share.js';
import { quietly } from './quiet-errors.js';

/** Jobs in the queue that no worker has begun: enough for all places of some workers, and soon over. */
const mostQueued = 32;
const batch = 200;
/** Between two looks: while items wait, so that a place that is free stays empty for a moment only; and otherwise. */
const breathMs = 10;
const idleMs = 250;
/** A request for a bulk import that nobody has finished for so long is given up. */
const abandonedSeconds = 3_600;

/**
 * Moves items of bulk imports into the queue as places become free, fairly between projects, and ends what has ended. The
 * backlog is the catalogue's, so it is nothing to the queue's loss; of several workers one pumps at a time.
 */
@Injectable()
export class BulkPump implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopped = new AbortController();
  private readonly onError: (error: Error) => void;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(BulkBacklog) private readonly backlog: BulkBacklog,
    @Inject(BulkImports) private readonly bulkImports: BulkImports,
    @Inject(Images) private readonly images: Images,
    @Inject(EventFeed) private readonly feed: EventFeed,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.onError = quietly(logger, 'bulk imports could not be moved on; trying again');
  }

  onApplicationBootstrap(): void {
    if (this.config.workers === 0) return;
    this.feed.start();
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const seen = this.feed.wakeUps;
      let isBusy = false;
      try {
        isBusy = await this.pump();
      } catch (error) {
        this.onError(error as Error);
      }
      await delay(isBusy ? breathMs : idleMs, undefined, { signal }).catch(() => undefined);
      await this.feed.next(seen, signal);
    }
  }

  /** True while there is something to do. */
  async pump(): Promise<boolean> {
    const bounds = { perProject: this.config.bulkProjectConcurrency, queued: mostQueued };
    const picked = await this.backlog.pick((running) => fairShare(running, bounds));
    if (picked) await this.queues.add(picked.map(jobOf));
    const moved = await Promise.all([this.cancelItems(), this.stop(), this.finish(), this.abandon()]);
    return picked !== undefined || moved.includes(true);
  }

  private async cancelItems(): Promise<boolean> {
    const items = await this.backlog.cancelled(batch);
    for (const { imageId, attempt: task } of items) {
      const command = { type: 'CancelImport', task, reason: 'the bulk import was cancelled' } as const;
      await this.images.execute(imageId, { ...command, ...bySystem() }, { requestId: null, correlationId: task });
    }
    return items.length > 0;
  }

  private async stop(): Promise<boolean> {
    const stopping = await this.backlog.toStop(batch);
    for (const { id, ...item } of stopping) {
      await this.bulkImports.execute(id, { type: 'StopBulkImport', ...item, ...bySystem() }, { requestId: null });
    }
    return stopping.length > 0;
  }

  private async finish(): Promise<boolean> {
    const ended = await this.backlog.ended(batch);
    for (const { id, ...result } of ended) {
      await this.bulkImports.execute(id, { type: 'FinishBulkImport', result, ...bySystem() }, { requestId: null });
    }
    return ended.length > 0;
  }

  private async abandon(): Promise<boolean> {
    const abandoned = await this.backlog.abandoned(abandonedSeconds, batch);
    for (const id of abandoned) {
      const reason = 'its request was never finished';
      await this.bulkImports.execute(id, { type: 'CancelBulkImport', reason, ...bySystem() }, { requestId: null });
    }
    return abandoned.length > 0;
  }
}

/** Those of a project that has much under way come after others, and all of them after single imports. */
function jobOf({ imageId, attempt: task, claims, rank }: Picked) {
  return toImport({ imageId, task, attempt: claims + 1 }, { priority: rank + 1 });
}

const bySystem = () => ({ actor: systemActor, at: new Date() });
