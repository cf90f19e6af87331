import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { upcastImageEvent } from '#domain';
import { Database, EventFeed, Subscription, type RecordedEvent } from '#event-store';
import { JobQueues, toImport, toPurge, type NewJob } from '#jobs';
import { LOGGER, type Logger } from '#platform';

const imageStream = 'image-';

/** Trip 4, work later: the log is the outbox. The checkpoint moves when the queue has the jobs, so none is forgotten. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly subscription: Subscription;

  constructor(
    @Inject(Database) database: Database,
    @Inject(EventFeed) feed: EventFeed,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.subscription = new Subscription(database, feed, {
      name: 'dispatcher',
      handle: (events) => this.dispatch(events),
      onError: (error) => logger.warn({ err: error }, 'jobs could not be dispatched; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.subscription.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.subscription.stop();
  }

  private async dispatch(events: readonly RecordedEvent[]): Promise<void> {
    await this.queues.add(events.filter(({ streamId }) => streamId.startsWith(imageStream)).flatMap(jobsAfter));
  }
}

/** Items of bulk imports get their jobs by the pump. */
function jobsAfter({ streamId, version, type, schemaVersion, payload, correlationId }: RecordedEvent): NewJob[] {
  const imageId = streamId.slice(imageStream.length);
  const event = upcastImageEvent(type, schemaVersion, payload);
  const purge = toPurge({ imageId, version });
  switch (event.type) {
    case 'ImageImportRequested':
      return event.data.bulk ? [] : [toImport({ imageId, task: event.data.task, attempt: 1 })];
    case 'ImageImportFailed': {
      const { task, attempt, retry_at: retryAt } = event.data;
      // What belongs to an item is correlated by its bulk import's id, and everything else of an import by its task's.
      if (retryAt === null || (correlationId !== null && correlationId !== task)) return [purge];
      const delayMs = Date.parse(retryAt) - Date.now();
      return [toImport({ imageId, task, attempt: attempt + 1 }, { delayMs }), purge];
    }
    case 'ImageDeleted':
      return event.data.blobs.length > 0 ? [purge] : [];
    case 'ImageUploadFailed':
    case 'ImageDataRemoved':
    case 'ImageImportToStoreFailed':
    case 'ImageImportCancelled':
    case 'ImageImportCompleted':
      return [purge];
    default:
      return [];
  }
}
