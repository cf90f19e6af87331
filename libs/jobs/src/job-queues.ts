import { backend, failFast, type QueueConnection } from './connection.js';
import { jobIds, type ImportJob, type JobPayloads, type PurgeJob, type QueueName } from './jobs.js';

/** A finished job goes, so that its id can be used again and the queue stays small; the log remembers. */
const cleanUp = { removeOnComplete: true, removeOnFail: true } as const;
/** A purge that fails is tried for about an hour; then the sweeper asks again. */
const purgeRetries = { attempts: 10, backoff: { type: 'exponential', delay: 2_000 } } as const;

/** The way into the queues. */
export class JobQueues {
  private readonly queues: Readonly<Record<QueueName, ReturnType<typeof openQueue>>>;

  constructor(connection: QueueConnection, onError: (error: Error) => void) {
    this.queues = {
      imports: openQueue('imports', connection, onError),
      purges: openQueue('purges', connection, onError),
    };
  }

  async addImport(job: ImportJob, delayMs = 0): Promise<void> {
    await this.queues.imports.add('import', job, {
      ...cleanUp,
      jobId: jobIds.imports(job),
      delay: Math.max(0, delayMs),
    });
  }

  async addPurge(job: PurgeJob): Promise<void> {
    await this.queues.purges.add('purge', job, { ...cleanUp, ...purgeRetries, jobId: jobIds.purges(job) });
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
