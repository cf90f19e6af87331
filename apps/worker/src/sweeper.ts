import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { TaskCatalog, WorkQueue, type Work } from '#catalog';
import type { Config } from '#config';
import { liveImport, type ImageCommand } from '#domain';
import { Database } from '#event-store';
import { JobQueues, toImport, toPurge } from '#jobs';
import type { ObjectStore } from '#object-store';
import { CONFIG, Images, LOGGER, Stores, systemActor, type Logger } from '#platform';

/** 'VITS': one sweeper at a time, whatever the number of workers */
const sweeperLock = 1447646291;
const batch = 200;
/** workers that may go away over one item of a bulk import, beside the tries that it has */
const itemDeaths = 10;
/** Keys that are ours: `<image>/<attempt>`. Anything else in a store is somebody else's. */
const ownKey = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[A-Za-z0-9-]+$/;

/** Mends what a crash leaves behind: silent uploads and imports, lost jobs, objects that nothing refers to, tasks that ended long ago. */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private orphansDue = 0;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(WorkQueue) private readonly work: WorkQueue,
    @Inject(TaskCatalog) private readonly tasks: TaskCatalog,
    @Inject(Images) private readonly images: Images,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.workers === 0) return;
    const round = () => {
      this.running = this.running.then(() => this.sweepAlone());
    };
    round();
    this.timer = setInterval(round, this.config.sweepSeconds * 1000);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async sweepAlone(): Promise<void> {
    try {
      await this.database.alone(sweeperLock, () => this.sweep());
    } catch (error) {
      this.logger.warn({ err: error }, 'a sweep failed; the next one follows');
    }
  }

  async sweep(): Promise<void> {
    // A purge or an import that has waited so long has probably lost its job; if it has not, its id is known and ignored.
    const { requeueSeconds } = this.config;
    for (const work of await this.work.expired(batch)) await this.endSilent(work);
    const overdue = await this.work.overdue(requeueSeconds, batch);
    const doomed = await this.work.imagesWithDoomedBlobs(requeueSeconds, batch);
    await this.queues.add([
      ...overdue.map(({ imageId, attempt: task, claims }) => toImport({ imageId, task, attempt: claims + 1 })),
      ...doomed.map((imageId) => toPurge({ imageId, version: 0 })),
    ]);
    await this.tasks.removeExpired(batch);
    if (Date.now() < this.orphansDue) return;
    this.orphansDue = Date.now() + (this.config.orphanSeconds * 1000) / 2;
    for (const store of this.stores.all) await this.removeOrphans(store);
  }

  /** Whoever held it went away: an upload has failed, an import goes to another worker while it has attempts left. */
  private async endSilent({ imageId, kind, attempt, claims }: Work): Promise<void> {
    const common = { actor: systemActor, at: new Date() };
    const { state } = await this.images.load(imageId);
    const bulk = state && liveImport(state)?.bulk;
    // That a worker went away says little of an item: of many some are always under way.
    const attempts = bulk ? bulk.attempts + itemDeaths : this.config.imports.attempts;
    const retryAt = claims < attempts ? common.at : null;
    const command: ImageCommand =
      kind === 'import'
        ? {
            type: 'FailImport',
            task: attempt,
            attempt: claims,
            reason: 'the worker stopped answering',
            retryAt,
            ...common,
          }
        : { type: 'FailUpload', attempt, reason: 'the upload stopped: its API process went away', ...common };
    this.logger.warn({ image: imageId, kind, attempt, claims }, 'a lease ran out');
    await this.images.execute(imageId, command, { requestId: null, correlationId: bulk?.batch ?? attempt });
  }

  /** Objects older than any attempt can be that the log does not know. */
  private async removeOrphans(store: ObjectStore): Promise<void> {
    const before = new Date(Date.now() - this.config.orphanSeconds * 1000);
    let keys: string[] = [];
    let removed = await store.removeUnfinished(before);
    const removeUnknown = async () => {
      const known = await this.work.known(store.name, keys);
      const orphans = keys.filter((key) => !known.has(key));
      await Promise.all(orphans.map((key) => store.delete(key)));
      removed += orphans.length;
      keys = [];
    };
    for await (const { key, modifiedAt } of store.list()) {
      if (modifiedAt < before && ownKey.test(key)) keys.push(key);
      if (keys.length >= batch) await removeUnknown();
    }
    if (keys.length > 0) await removeUnknown();
    if (removed > 0) this.logger.info({ store: store.name, removed }, 'removed objects that nothing refers to');
  }
}
