import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '#config';
import { checkpointFile, checkpointText, Database, Seals, type SignedCheckpoint } from '#event-store';
import { LockedBucket, parseBucket } from '#object-store';
import { CONFIG, LOGGER, type Logger } from '#platform';
import { quietly } from './quiet-errors.js';

/** 'VITK': one copier at a time */
const copierLock = 1447646283;
const lookMs = 1_000;
const lastPauseMs = 60_000;
const batch = 100;

/**
 * Copies checkpoints from the log to a bucket where its owner cannot rewrite them. A bucket that is out of reach holds
 * nothing up: what it lacks is in the log, and is put when it is back.
 */
@Injectable()
export class CheckpointCopier implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopped = new AbortController();
  private readonly onError: (error: Error) => void;
  private bucket: LockedBucket | undefined;
  /** key of the end of the newest segment whose checkpoint was copied: another bucket begins anew */
  private subscription = '';
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Seals) private readonly seals: Seals,
    @Inject(CONFIG) private readonly config: Pick<Config, 'seal' | 'workers'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.onError = quietly(logger, 'checkpoints could not be copied (VITRINE_SEAL_BUCKET); trying again');
  }

  /** @throws Error when the bucket's URL cannot be read */
  onApplicationBootstrap(): void {
    const { bucket } = this.config.seal;
    if (bucket === undefined || this.config.workers === 0) return;
    const place = parseBucket('VITRINE_SEAL_BUCKET', bucket);
    this.bucket = new LockedBucket(place);
    this.subscription = `checkpoints in ${place.endpoint ?? 's3:/'}/${place.bucket}`;
    this.running = this.run(this.bucket);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    this.bucket?.close();
    await this.running;
  }

  private async run(bucket: LockedBucket): Promise<void> {
    let pauseMs = lookMs;
    while (!this.isStopped()) {
      try {
        const copied = await this.copySome(bucket);
        pauseMs = copied === batch ? 0 : lookMs;
      } catch (error) {
        if (!this.isStopped()) this.onError(error as Error);
        pauseMs = Math.min(Math.max(2 * pauseMs, lookMs), lastPauseMs);
      }
      await delay(pauseMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  /** How many there were to copy. */
  private async copySome(bucket: LockedBucket): Promise<number> {
    const from = await this.copiedUpTo();
    if ((await this.seals.after(from, 1)).length === 0) return 0;
    const copied = await this.database.alone(copierLock, async () => {
      await bucket.prepare(this.retention);
      const seals = await this.seals.after(await this.copiedUpTo(), batch);
      for (const { checkpoint } of seals) await this.copy(bucket, checkpoint);
      return seals.length;
    });
    return copied ?? 0;
  }

  /** Once, as far as the bucket tells: a copy that differs is told, and ours is put beside it. */
  private async copy(bucket: LockedBucket, checkpoint: SignedCheckpoint): Promise<void> {
    const key = `checkpoints/${checkpointFile(checkpoint)}`;
    const own = Buffer.from(`${checkpointText(checkpoint)}\n`);
    const there: Buffer[] = [];
    for await (const { bytes } of bucket.versions(key)) there.push(bytes);
    if (there.some((bytes) => !bytes.equals(own))) {
      this.logger.error({ key }, 'the bucket holds another checkpoint of these events: run vitrine audit verify');
    }
    if (!there.some((bytes) => bytes.equals(own))) await bucket.put(key, own, this.retention);
    await this.database.query({
      name: 'checkpoint-copied',
      text: `insert into subscriptions (name, checkpoint) values ($1, $2)
             on conflict (name) do update set checkpoint = $2, moved_at = now()`,
      values: [this.subscription, checkpoint.last],
    });
  }

  private async copiedUpTo(): Promise<bigint> {
    const [row] = await this.database.query<{ checkpoint: string }>({
      name: 'checkpoints-copied',
      text: `select checkpoint from subscriptions where name = $1`,
      values: [this.subscription],
    });
    return BigInt(row?.checkpoint ?? 0);
  }

  private isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  private get retention() {
    return { days: this.config.seal.retentionDays, mode: this.config.seal.retentionMode };
  }
}
