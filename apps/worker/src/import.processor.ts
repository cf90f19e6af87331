import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WorkQueue } from '#catalog';
import type { Config } from '#config';
import { DomainError, liveImport, storesLeft, type ImageCommand, type ImageCommandOf, type Import } from '#domain';
import { VersionConflict } from '#event-store';
import type { ImportJob, JobWorker } from '#jobs';
import { StoreError } from '#object-store';
import { CONFIG, Images, LOGGER, SharedBlobs, systemActor, type Logger } from '#platform';
import { describeFailure, ShutDown } from './import-failure.js';
import { ImportTransfer } from './import-transfer.js';
import { RemoteImages, type RemoteImage } from './remote-image.js';
import { WorkerFactory } from './worker-factory.js';

const watchedMs = 1_000;

/** A claim of one attempt at an import. */
interface Claim {
  readonly imageId: string;
  readonly task: string;
  readonly attempt: number;
  readonly key: string;
  readonly owner: string | null;
  readonly wanted: Import;
  /** bytes of the transfer under way */
  readonly sofar: { bytes: bigint; total: bigint | undefined };
}

/**
 * Carries out imports. The first act is the claim, appended with an expected version: a job that is delivered twice runs
 * once. From then on the lease is kept alive; when the image no longer wants this attempt, it stops and cleans up.
 */
@Injectable()
export class ImportProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  private readonly shutDown = new AbortController();
  private worker: JobWorker<'imports'> | undefined;

  constructor(
    @Inject(Images) private readonly images: Images,
    @Inject(WorkQueue) private readonly work: WorkQueue,
    @Inject(RemoteImages) private readonly remotes: RemoteImages,
    @Inject(ImportTransfer) private readonly transfer: ImportTransfer,
    @Inject(SharedBlobs) private readonly shared: SharedBlobs,
    @Inject(WorkerFactory) private readonly workers: WorkerFactory,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.workers > 0) {
      this.worker = this.workers.create('imports', this.config.workers, (job) => this.process(job));
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.shutDown.abort(new ShutDown());
    await this.worker?.close();
  }

  async process(job: ImportJob): Promise<void> {
    const claim = await this.claim(job);
    if (!claim) return;
    const started = performance.now();
    const stop = new AbortController();
    // Whoever watches a bulk import sees its bytes come.
    const beatMs = Math.min((this.config.leaseSeconds * 1000) / 3, claim.wanted.bulk ? watchedMs : Infinity);
    const heart = setInterval(() => void this.beat(claim, stop), beatMs);
    try {
      const signal = AbortSignal.any([stop.signal, this.shutDown.signal]);
      const remote = await this.remotes.find(claim.imageId, claim.wanted, signal);
      for (const store of storesLeft(claim.wanted)) await this.fill(claim, store, remote, signal);
      this.log(claim, started, { outcome: 'imported' });
    } catch (error) {
      await this.fail(claim, error);
      this.log(claim, started, { outcome: 'failed', reason: describeFailure(error).reason });
    } finally {
      clearInterval(heart);
    }
  }

  /** undefined when somebody else has it, or the image does not want it any more. */
  private async claim({ imageId, task, attempt }: ImportJob): Promise<Claim | undefined> {
    const { state: image } = await this.images.load(imageId);
    const method = image && liveImport(image)?.method;
    const key = method?.name === 'location' ? method.uri : `${imageId}/${task}-${attempt}`;
    const command = {
      type: 'StartImport',
      task,
      attempt,
      worker: this.name,
      key,
      actor: systemActor,
      at: new Date(),
    } as const;
    try {
      const correlationId = (image && liveImport(image)?.bulk?.batch) ?? task;
      const { state } = await this.images.execute(imageId, command, { requestId: null, correlationId });
      const wanted = state && liveImport(state);
      const { owner = null } = state ?? {};
      return wanted && { imageId, task, attempt, key, owner, wanted, sofar: { bytes: 0n, total: undefined } };
    } catch (error) {
      if (error instanceof DomainError || error instanceof VersionConflict) return undefined;
      throw error;
    }
  }

  /** A store that can be left out is given up with the last attempt; any other failure is the attempt's. */
  private async fill(claim: Claim, store: string, remote: RemoteImage | undefined, signal: AbortSignal): Promise<void> {
    try {
      const target = { store, key: claim.key };
      const found = await this.transfer.run(claim.imageId, claim.wanted, remote, target, signal, claim.sofar);
      const completed = { type: 'CompleteImportToStore', store, found, adopted: remote?.adopted } as const;
      await this.shared.settle(target, { ...found, owner: claim.owner }, (shared) =>
        this.execute(claim, { ...completed, shared }),
      );
    } catch (error) {
      const { reason, mayPass } = describeFailure(error);
      const isStores = error instanceof StoreError && error.store === store;
      if (claim.wanted.allMustSucceed || !isStores || (mayPass && this.mayRetry(claim))) throw error;
      await this.execute(claim, { type: 'FailImportToStore', store, reason });
    }
  }

  private mayRetry({ attempt, wanted }: Claim): boolean {
    return attempt < (wanted.bulk?.attempts ?? this.config.imports.attempts);
  }

  private async beat({ imageId, task, attempt, wanted, sofar }: Claim, stop: AbortController): Promise<void> {
    try {
      if (!(await this.work.heartbeat(imageId, task, attempt, wanted.bulk ? sofar : undefined)))
        stop.abort(new Error('the import is no longer wanted'));
    } catch (error) {
      this.logger.warn({ err: error, image: imageId, task }, 'the lease of an import was not moved on');
    }
  }

  private async fail(claim: Claim, error: unknown): Promise<void> {
    const { imageId, task, attempt } = claim;
    const { reason, mayPass, waitSeconds } = describeFailure(error);
    const retryAt = mayPass && this.mayRetry(claim) ? this.retryTime(attempt, waitSeconds) : null;
    if (retryAt === null) this.logger.info({ image: imageId, task, reason }, 'an import is given up');
    try {
      await this.execute(claim, { type: 'FailImport', reason, retryAt });
    } catch (failure) {
      this.logger.warn({ err: failure, image: imageId, task }, 'left to the sweeper');
    }
  }

  /** Twice as long after each attempt, at most an hour, with up to a half more so that not all come back at once. */
  private retryTime(attempt: number, waitSeconds: number | undefined): Date {
    const backoff = Math.min(this.config.imports.retrySeconds * 2 ** (attempt - 1), 3600) * (1 + Math.random() / 2);
    return new Date(Date.now() + 1000 * (waitSeconds ?? backoff));
  }

  private execute(
    { imageId, task, attempt, wanted }: Claim,
    command:
      | Pick<ImageCommandOf<'CompleteImportToStore'>, 'type' | 'store' | 'found' | 'adopted' | 'shared'>
      | Pick<ImageCommandOf<'FailImportToStore'>, 'type' | 'store' | 'reason'>
      | Pick<ImageCommandOf<'FailImport'>, 'type' | 'reason' | 'retryAt'>,
  ) {
    const whole = { ...command, task, attempt, actor: systemActor, at: new Date() } as ImageCommand;
    return this.images.execute(imageId, whole, {
      requestId: wanted.requestId,
      correlationId: wanted.bulk?.batch ?? task,
    });
  }

  private log({ imageId, task, attempt }: Claim, started: number, rest: object): void {
    this.logger.info({ image: imageId, task, attempt, ms: Math.round(performance.now() - started), ...rest }, 'import');
  }
}
