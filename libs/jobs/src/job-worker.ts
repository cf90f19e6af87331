import { backend, type QueueConnection } from './connection.js';
import type { JobPayloads, QueueName } from './jobs.js';

export interface JobWorkerOptions<Name extends QueueName> {
  readonly queue: Name;
  /** jobs at a time */
  readonly concurrency: number;
  readonly handle: (job: JobPayloads[Name]) => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** Takes jobs from one queue until it is closed; `close` waits for the jobs that run. */
export class JobWorker<Name extends QueueName> {
  private readonly worker: { close(): Promise<void> };

  constructor(connection: QueueConnection, { queue, concurrency, handle, onError }: JobWorkerOptions<Name>) {
    const opened = backend(connection);
    const process = ({ data }: { data: JobPayloads[Name] }) => handle(data);
    const worker =
      opened.kind === 'redis'
        ? new opened.Worker<JobPayloads[Name]>(queue, process, { connection: opened.connection, concurrency })
        : new opened.Worker<JobPayloads[Name]>(queue, process, { connection: opened.connection, concurrency });
    worker.on('error', onError);
    this.worker = worker;
  }

  async close(): Promise<void> {
    await this.worker.close();
  }
}
