import { randomUUID } from 'node:crypto';
import type { QueueConnection } from './connection.js';
import { JobQueues } from './job-queues.js';
import { JobWorker } from './job-worker.js';
import type { ImportJob, JobPayloads, PurgeJob, QueueName } from './jobs.js';

export const newImport = (): ImportJob => ({ imageId: randomUUID(), task: randomUUID(), attempt: 1 });
export const newPurge = (): PurgeJob => ({ imageId: randomUUID(), version: 7 });

/** Queues and workers on one connection, closed together; an error of any of them fails the test that made it. */
export class JobHouse {
  private readonly open: { close(): Promise<void> }[] = [];
  private readonly errors: Error[] = [];

  constructor(private readonly connection: QueueConnection) {}

  queues(): JobQueues {
    const queues = new JobQueues(this.connection, (error) => this.errors.push(error));
    this.open.unshift(queues);
    return queues;
  }

  /** One job at a time in the order of the queue, unless told otherwise. */
  worker<Name extends QueueName>(
    queue: Name,
    handle: (job: JobPayloads[Name]) => Promise<void>,
    concurrency = 1,
  ): JobWorker<Name> {
    const onError = (error: Error) => this.errors.push(error);
    const worker = new JobWorker(this.connection, { queue, concurrency, handle, onError });
    this.open.unshift(worker);
    return worker;
  }

  async close(): Promise<void> {
    for (const one of this.open) await one.close();
    if (this.errors.length > 0) throw new AggregateError(this.errors, String(this.errors[0]));
  }
}

/** What a worker was given, in order. */
export class Deliveries<Job> {
  readonly jobs: Job[] = [];
  private readonly waiting = new Map<(job: Job) => boolean, () => void>();

  readonly take = (job: Job): Promise<void> => {
    this.jobs.push(job);
    for (const [wanted, resolve] of this.waiting) if (wanted(job)) resolve();
    return Promise.resolve();
  };

  /** Resolves when such a job has been given. */
  async of(wanted: (job: Job) => boolean): Promise<void> {
    if (this.jobs.some(wanted)) return;
    await new Promise<void>((resolve) => this.waiting.set(wanted, resolve));
  }
}
