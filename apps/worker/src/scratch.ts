import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '#config';
import { CONFIG, LOGGER, type Logger } from '#platform';

export interface ScratchDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Directories that only this user may look into, for the time of a conversion. Those in use are touched again and again; one
 * that was not for two leases is a dead worker's, whichever process of whichever machine finds it.
 */
@Injectable()
export class Scratch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly root: string;
  private readonly mine = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'imports' | 'leaseSeconds' | 'workers'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.root = config.imports.scratchDir;
  }

  onApplicationBootstrap(): void {
    if (this.config.workers === 0) return;
    const round = () => {
      this.running = this.running.then(() => this.tend());
    };
    round();
    this.timer = setInterval(round, (this.config.leaseSeconds * 1000) / 3);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  async open(): Promise<ScratchDirectory> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const path = await mkdtemp(join(this.root, 'import-'));
    this.mine.add(path);
    return {
      path,
      remove: async () => {
        this.mine.delete(path);
        await rm(path, { recursive: true, force: true });
      },
    };
  }

  /** Keeps what is in use, removes what was left behind. */
  async tend(): Promise<void> {
    try {
      const now = new Date();
      await Promise.all([...this.mine].map((path) => utimes(path, now, now).catch(() => undefined)));
      const before = now.getTime() - 2000 * this.config.leaseSeconds;
      for (const name of await readdir(this.root).catch(() => [])) {
        const path = join(this.root, name);
        if (!name.startsWith('import-') || this.mine.has(path)) continue;
        const found = await stat(path).catch(() => undefined);
        if (!found || found.mtimeMs > before) continue;
        await rm(path, { recursive: true, force: true });
        this.logger.info({ path }, 'removed what a conversion had left behind');
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'leftovers of conversions were not removed');
    }
  }
}
