import type { JobsOptions } from 'bullmq';
import { backend, failFast, type QueueConnection } from './connection.js';
import { jobIds, type ImportJob, type JobPayloads, type PurgeJob, type QueueName } from './jobs.js';
import { Opened } from './opened.js';

/** A finished job goes, so that its id can be used again and the queue stays small; the log remembers. */
const cleanUp = { removeOnComplete: true, removeOnFail: true } as const;
/** A purge that fails is tried for about an hour; then the sweeper asks again. */
const purgeRetries = { attempts: 10, backoff: { type: 'exponential', delay: 2_000 } } as const;

/** A job on its way into the queue that it is for. */
export type NewJob<Name extends QueueName = QueueName> = Name extends QueueName
  ? { readonly queue: Name; readonly job: JobPayloads[Name]; readonly options: JobsOptions }
  : never;

/** The import's attempt, now or later. Jobs with a priority come after those without, those of a larger number last. */
export const toImport = (job: ImportJob, { delayMs = 0, priority = 0 } = {}): NewJob<'imports'> => ({
  queue: 'imports',
  job,
  options: { ...cleanUp, jobId: jobIds.imports(job), delay: Math.max(0, delayMs), priority },
});

export const toPurge = (job: PurgeJob): NewJob<'purges'> => ({
  queue: 'purges',
  job,
  options: { ...cleanUp, ...purgeRetries, jobId: jobIds.purges(job) },
});

/** The way into the queues. */
export class JobQueues {
  private readonly queues: Readonly<Record<QueueName, Opened<ReturnType<typeof openQueue>>>>;

  constructor(connection: QueueConnection, onError: (error: Error) => void) {
    const open = (name: QueueName) => new Opened(() => openQueue(name, connection, onError));
    this.queues = { imports: open('imports'), purges: open('purges') };
  }

  /** In this order; one round trip a queue. A job whose id is known already is not added again. */
  async add(jobs: readonly NewJob[]): Promise<void> {
    for (const [name, opened] of Object.entries(this.queues)) {
      const own = jobs.filter((job) => job.queue === name);
      if (own.length === 0) continue;
      const queue = await opened.get();
      await queue.addBulk(own.map(({ job, options }) => ({ name, data: job, opts: options })));
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
  }
}

function openQueue(name: QueueName, to: QueueConnection, onError: (error: Error) => void) {
  const opened = backend(to);
  const queue =
    opened.kind === 'redis'
      ? new opened.Queue<JobPayloads[QueueName]>(name, { connection: { ...opened.connection, ...failFast } })
      : new opened.Queue<JobPayloads[QueueName]>(name, { connection: opened.connection });
  queue.on('error', onError);
  return queue;
}
