import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG } from '#platform';
import { Fault } from '../http/fault.js';
import { Metrics } from '../http/metrics.js';

/** One of the streams that this process may have. */
export interface Place {
  /** aborts when the process stops */
  readonly signal: AbortSignal;
  done(): void;
}

/** The live streams of this process: bounded in number, for each user, too, and ended at once when it stops. */
@Injectable()
export class LiveStreams implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly users = new Map<string, number>();
  private count = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'liveStreams'>,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** @throws Fault 503 or 429 */
  begin(userId: string): Place {
    const most = this.config.liveStreams;
    const mostOfOne = Math.ceil(most / 4);
    const own = this.users.get(userId) ?? 0;
    if (this.stopping.signal.aborted || this.count >= most) {
      throw new Fault(503, 'This process has as many live streams as it may have. Try again later.', again);
    }
    if (own >= mostOfOne) {
      throw new Fault(429, `You have ${own} live streams here, and may have ${mostOfOne}. Close one first.`, again);
    }
    this.move(userId, 1);
    let isOver = false;
    return {
      signal: this.stopping.signal,
      done: () => {
        if (!isOver) this.move(userId, -1);
        isOver = true;
      },
    };
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  private move(userId: string, by: 1 | -1): void {
    const own = (this.users.get(userId) ?? 0) + by;
    if (own === 0) this.users.delete(userId);
    else this.users.set(userId, own);
    this.count += by;
    this.metrics.setLiveStreams(this.count);
  }
}

const again = { 'retry-after': '10' };
