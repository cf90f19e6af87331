import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Config } from '#config';
import { CONFIG, LOGGER, type Logger } from '#platform';
import { Fault } from '../http/fault.js';

/** One upload's or download's life: its signal aborts, with the reason, when it must stop. */
export interface Transfer {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  done(): void;
}

/** The bytes that this process is moving. At shutdown no new ones come in, and these are waited for before they are given up. */
@Injectable()
export class RunningTransfers implements BeforeApplicationShutdown {
  private readonly running = new Map<Transfer, Promise<void>>();

  constructor(
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost<FastifyAdapter>,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  begin(): Transfer {
    const stop = new AbortController();
    let finish: () => void = () => undefined;
    const transfer: Transfer = {
      signal: stop.signal,
      abort: (reason) => stop.abort(reason),
      done: () => {
        this.running.delete(transfer);
        finish();
      },
    };
    this.running.set(transfer, new Promise<void>((resolve) => (finish = resolve)));
    return transfer;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.http.httpAdapter.getInstance().server.close();
    if (this.running.size === 0) return;
    const { shutdownSeconds: seconds } = this.config;
    this.logger.info({ transfers: this.running.size, seconds }, 'waiting for running transfers');
    const timer = setTimeout(() => {
      const reason = new Fault(503, 'The service is shutting down; send the request again.', { 'retry-after': '5' });
      for (const transfer of this.running.keys()) transfer.abort(reason);
    }, seconds * 1000);
    await Promise.all(this.running.values());
    clearTimeout(timer);
  }
}
