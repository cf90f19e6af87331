import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { HistoryProjection, historySubscription } from '#catalog';
import { Database, EventFeed, Subscription } from '#event-store';
import { LOGGER, type Logger } from '#platform';

/** Keeps the searchable history: behind the log, so that no change waits for it. */
@Injectable()
export class HistoryProjector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly subscription: Subscription;

  constructor(
    @Inject(Database) database: Database,
    @Inject(EventFeed) feed: EventFeed,
    @Inject(LOGGER) logger: Logger,
  ) {
    const projection = new HistoryProjection();
    this.subscription = new Subscription(database, feed, {
      name: historySubscription,
      handle: (events, client) =>
        projection.project(events, async ({ text, values, name }) => {
          const { rows } = await client.query<object>({ text, values: [...values], name });
          return rows;
        }),
      onError: (error) => logger.warn({ err: error }, 'the searchable history could not be written; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.subscription.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.subscription.stop();
  }
}
