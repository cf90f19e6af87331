import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AccessLog } from '#catalog';
import type { Config } from '#config';
import { CONFIG, LOGGER, type Logger } from '#platform';

const pauseMs = 600_000;
/** after a failure: two that move the days at the same moment may be in each other's way */
const retryMs = 5_000;

/** Makes the access log's partitions of the next days, and drops those that were kept long enough. */
@Injectable()
export class AccessKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    @Inject(AccessLog) private readonly log: AccessLog,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.workers > 0) this.running = this.round();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async round(): Promise<void> {
    const pause = (await this.keep()) ? pauseMs : retryMs;
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.round();
    }, pause);
  }

  /** False when it failed. */
  private async keep(): Promise<boolean> {
    const { days } = this.config.accessLog;
    try {
      const dropped = await this.log.keep(days);
      if (dropped.length > 0) this.logger.info({ days, dropped }, 'forgot old days of the access log');
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'the access log’s days were not kept; the next try follows');
      return false;
    }
  }
}
