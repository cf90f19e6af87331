import { createPublicKey } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '#config';
import {
  Database,
  EventStore,
  keyOf,
  LogIsBroken,
  LogSealer,
  readOrMakeSigningKey,
  readSigningKey,
  Seals,
  VersionConflict,
} from '#event-store';
import { CONFIG, contextOf, LOGGER, systemActor, type Logger } from '#platform';
import { quietly } from './quiet-errors.js';
import { SealDue } from './seal-due.js';

/** 'VITL': one sealer at a time, whatever the number of workers */
const sealerLock = 1447646284;
const lookMs = 1_000;
/** Nothing mends it by itself. */
const brokenMs = 60_000;
/** for one holding of the lock: a log that was never sealed has many */
const mostSegments = 100;

/** Closes segments of the log with a signed checkpoint (docs/adr/0025), where there is a key. */
@Injectable()
export class Sealer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopped = new AbortController();
  private readonly onError: (error: Error) => void;
  private readonly due: SealDue;
  private sealer: LogSealer | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Seals) private readonly seals: Seals,
    @Inject(CONFIG) private readonly config: Pick<Config, 'seal' | 'workers'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.due = new SealDue(config.seal);
    this.onError = quietly(logger, 'the log could not be sealed; trying again');
  }

  /** @throws Error when the key cannot be used */
  async onApplicationBootstrap(): Promise<void> {
    const { keyFile, makesKey, events: most } = this.config.seal;
    if (this.config.workers === 0) return;
    if (keyFile === undefined) {
      this.logger.warn('the log is not sealed: set VITRINE_SEAL_KEY_FILE, the same key for all workers');
      return;
    }
    const key = makesKey ? await readOrMakeSigningKey(keyFile) : await readSigningKey(keyFile);
    this.logger.info({ key: keyOf(createPublicKey(key)) }, 'the log is sealed');
    const { actor } = contextOf(systemActor, { requestId: null });
    this.sealer = new LogSealer(this.database, this.store, { key, most, actor });
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const pauseMs = await this.look().catch((error: unknown) => this.complain(error));
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** How long to wait before the next look. */
  private async look(): Promise<number> {
    while (!this.stopped.signal.aborted && (await this.isDue())) if (!(await this.sealAlone())) break;
    return lookMs;
  }

  private async isDue(): Promise<boolean> {
    const last = (await this.seals.newest())?.checkpoint.last ?? 0;
    return this.due.isDue(last, await this.seals.unsealedAfter(BigInt(last)));
  }

  /** False when another worker does. */
  private async sealAlone(): Promise<boolean> {
    const isMine = await this.database.alone(sealerLock, async () => {
      for (let segment = 0; segment < mostSegments && (await this.isDue()); segment++) {
        const sealed = await this.sealer!.sealNext(new Date());
        if (!sealed) break;
        this.logger.debug({ first: sealed.first, last: sealed.last }, 'sealed');
        if (this.stopped.signal.aborted) break;
      }
      return true;
    });
    return isMine ?? false;
  }

  private complain(error: unknown): number {
    if (error instanceof LogIsBroken) {
      const { position, problem } = error.fault;
      this.logger.error({ position: Number(position), problem }, 'the log is not what was appended: it is not sealed');
      return brokenMs;
    }
    // Another sealer was quicker: this one had lost the lock with its connection.
    if (!(error instanceof VersionConflict)) this.onError(error as Error);
    return lookMs;
  }
}
