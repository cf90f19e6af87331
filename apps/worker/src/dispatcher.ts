import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { upcastImageEvent, type ImageEvent } from '#domain';
import { Database, EventFeed, Subscription, type RecordedEvent } from '#event-store';
import { JobQueues } from '#jobs';
import { LOGGER, type Logger } from '#platform';

const imageStream = /^image-/;

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
    for (const recorded of events) {
      if (!recorded.streamId.startsWith('image-')) continue;
      const imageId = recorded.streamId.replace(imageStream, '');
      await this.queueFor(imageId, recorded, upcastImageEvent(recorded.type, recorded.schemaVersion, recorded.payload));
    }
  }

  private async queueFor(imageId: string, { version }: RecordedEvent, event: ImageEvent): Promise<void> {
    switch (event.type) {
      case 'ImageImportRequested':
        await this.queues.addImport({ imageId, task: event.data.task, attempt: 1 });
        return;
      case 'ImageImportFailed': {
        const { task, attempt, retry_at: retryAt } = event.data;
        if (retryAt !== null) {
          await this.queues.addImport({ imageId, task, attempt: attempt + 1 }, Date.parse(retryAt) - Date.now());
        }
        await this.queues.addPurge({ imageId, version });
        return;
      }
      case 'ImageUploadFailed':
      case 'ImageDataRemoved':
      case 'ImageImportToStoreFailed':
      case 'ImageImportCompleted':
      case 'ImageDeleted':
        await this.queues.addPurge({ imageId, version });
        return;
      default:
    }
  }
}
