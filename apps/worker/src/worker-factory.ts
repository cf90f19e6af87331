import { Inject, Injectable } from '@nestjs/common';
import { JobWorker, type JobPayloads, type QueueName } from '#jobs';
import { CONFIG, LOGGER, type Logger, type RunningConfig } from '#platform';
import { quietly } from './quiet-errors.js';

/** Makes the workers of this process's queues. */
@Injectable()
export class WorkerFactory {
  private readonly onError: (error: Error) => void;

  constructor(
    @Inject(CONFIG) private readonly config: RunningConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.onError = quietly(logger, 'a queue cannot be reached');
  }

  create<Name extends QueueName>(queue: Name, concurrency: number, handle: (job: JobPayloads[Name]) => Promise<void>) {
    return new JobWorker(this.config, { queue, concurrency, handle, onError: this.onError });
  }
}
