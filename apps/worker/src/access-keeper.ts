import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AccessLog } from '#catalog';
import type { Config } from '#config';
import { CONFIG, LOGGER, type Logger } from '#platform';

const pauseMs = 600_000;

/** Makes the access log's partitions of the next days, and drops those that were kept long enough. */
@Injectable()
export class AccessKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(AccessLog) private readonly log: AccessLog,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.workers === 0) return;
    const round = () => {
      this.running = this.running.then(() => this.keep());
    };
    round();
    this.timer = setInterval(round, pauseMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async keep(): Promise<void> {
    const { days } = this.config.accessLog;
    try {
      const dropped = await this.log.keep(days);
      if (dropped.length > 0) this.logger.info({ days, dropped }, 'forgot old days of the access log');
    } catch (error) {
      this.logger.warn({ err: error }, 'the access log’s days were not kept; the next try follows');
    }
  }
}
