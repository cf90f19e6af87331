import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { WorkQueue } from '#catalog';
import type { Config } from '#config';
import { CONFIG, LOGGER, type Logger } from '#platform';

/** One upload's life: its signal aborts when it must stop. */
export interface RunningUpload {
  readonly signal: AbortSignal;
  done(): void;
}

/**
 * The uploads that this process holds: keeps their leases alive, stops those whose image was deleted, and at shutdown
 * waits for them before the rest is given up.
 */
@Injectable()
export class RunningUploads implements BeforeApplicationShutdown {
  private readonly running = new Map<string, { readonly abort: AbortController; readonly ended: Promise<void> }>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  begin(imageId: string, attempt: string, work: WorkQueue, leaseSeconds: number): RunningUpload {
    const abort = new AbortController();
    const beat = async () => {
      try {
        if (!(await work.heartbeat(imageId, attempt, 1))) abort.abort(new Error('the upload is no longer wanted'));
      } catch (error) {
        this.logger.warn({ err: error, image: imageId, attempt }, 'the lease of an upload was not moved on');
      }
    };
    const timer = setInterval(() => void beat(), (leaseSeconds * 1000) / 3);
    let finish: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (finish = resolve));
    this.running.set(attempt, { abort, ended });
    return {
      signal: abort.signal,
      done: () => {
        clearInterval(timer);
        this.running.delete(attempt);
        finish();
      },
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.running.size === 0) return;
    this.logger.info(
      { uploads: this.running.size, seconds: this.config.shutdownSeconds },
      'waiting for running uploads',
    );
    const uploads = [...this.running.values()];
    const timer = setTimeout(() => {
      for (const { abort } of uploads) abort.abort(new Error('the service is shutting down'));
    }, this.config.shutdownSeconds * 1000);
    await Promise.all(uploads.map(({ ended }) => ended));
    clearTimeout(timer);
  }
}
