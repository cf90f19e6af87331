import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { BulkCatalog, type CatalogBulkImport } from '#catalog';
import { EventFeed } from '#event-store';
import { LOGGER, type Logger } from '#platform';
import type { Bell } from './bell.js';

/** Counts of a bulk import are asked for at most so often, whatever happens. */
const breathMs = 250;

/** How far one bulk import is, asked for once for all who watch it, at least every second. */
export class BatchProgress {
  readonly bells = new Set<Bell>();
  readonly stopped = new AbortController();

  constructor(public latest: CatalogBulkImport) {}
}

/** The bulk imports that somebody watches; nothing is asked for the others. */
@Injectable()
export class LiveBatches {
  private readonly watched = new Map<string, BatchProgress>();

  constructor(
    @Inject(BulkCatalog) private readonly catalog: BulkCatalog,
    @Inject(EventFeed) private readonly feed: EventFeed,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** `stop` is to be called in the end. */
  watch(found: CatalogBulkImport, bell: Bell): { progress: BatchProgress; stop: () => void } {
    const progress = this.watched.get(found.id) ?? this.begin(found);
    progress.bells.add(bell);
    const stop = () => {
      progress.bells.delete(bell);
      if (progress.bells.size > 0) return;
      progress.stopped.abort();
      if (this.watched.get(found.id) === progress) this.watched.delete(found.id);
    };
    return { progress, stop };
  }

  private begin(found: CatalogBulkImport): BatchProgress {
    const progress = new BatchProgress(found);
    this.watched.set(found.id, progress);
    this.feed.start();
    void this.follow(progress);
    return progress;
  }

  private async follow(progress: BatchProgress): Promise<void> {
    const { signal } = progress.stopped;
    while (!signal.aborted) {
      const seen = this.feed.wakeUps;
      try {
        progress.latest = (await this.catalog.find(progress.latest.id)) ?? progress.latest;
        for (const bell of progress.bells) bell.ring();
      } catch (error) {
        this.logger.warn({ err: error }, 'the progress of a bulk import could not be read; trying again');
      }
      await delay(breathMs, undefined, { signal }).catch(() => undefined);
      await this.feed.next(seen, signal);
    }
  }
}
