import { setTimeout as delay } from 'node:timers/promises';
import { backend, type QueueConnection } from './connection.js';
import type { JobPayloads, QueueName } from './jobs.js';
import { Opened } from './opened.js';

export interface JobWorkerOptions<Name extends QueueName> {
  readonly queue: Name;
  /** jobs at a time */
  readonly concurrency: number;
  readonly handle: (job: JobPayloads[Name]) => Promise<void>;
  readonly onError: (error: Error) => void;
}

/** Before a queue that cannot be reached is tried again. */
const retryMs = 1_000;

/** Takes jobs from one queue until it is closed; `close` waits for the jobs that run. */
export class JobWorker<Name extends QueueName> {
  private readonly worker: Opened<ReturnType<typeof openWorker>>;
  private readonly closing = new AbortController();

  constructor(connection: QueueConnection, options: JobWorkerOptions<Name>) {
    this.worker = new Opened(() => openWorker(connection, options));
    void this.start(options.onError);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.worker.close();
  }

  /** Tells of failures until it succeeds or is closed. */
  private async start(onError: (error: Error) => void): Promise<void> {
    const { signal } = this.closing;
    const isClosing = () => signal.aborted;
    while (!isClosing()) {
      try {
        await this.worker.get();
        return;
      } catch (error) {
        if (!isClosing()) onError(error as Error);
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

function openWorker<Name extends QueueName>(
  to: QueueConnection,
  { queue, concurrency, handle, onError }: JobWorkerOptions<Name>,
) {
  const opened = backend(to);
  const process = ({ data }: { data: JobPayloads[Name] }) => handle(data);
  const options = { concurrency, runRetryDelay: retryMs };
  const worker =
    opened.kind === 'redis'
      ? new opened.Worker<JobPayloads[Name]>(queue, process, { connection: opened.connection, ...options })
      : new opened.Worker<JobPayloads[Name]>(queue, process, { connection: opened.connection, ...options });
  worker.on('error', onError);
  return worker as { waitUntilReady(): Promise<unknown>; close(): Promise<void> };
}
