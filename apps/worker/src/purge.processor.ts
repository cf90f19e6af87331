import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WorkQueue } from '#catalog';
import type { Config } from '#config';
import type { JobWorker, PurgeJob } from '#jobs';
import { CONFIG, Images, SharedBlobs, systemActor } from '#platform';
import { WorkerFactory } from './worker-factory.js';

const concurrency = 4;

/** Removes objects that the log has given up, but those that another image has too, then says so in the log. */
@Injectable()
export class PurgeProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private worker: JobWorker<'purges'> | undefined;

  constructor(
    @Inject(Images) private readonly images: Images,
    @Inject(WorkQueue) private readonly work: WorkQueue,
    @Inject(SharedBlobs) private readonly shared: SharedBlobs,
    @Inject(WorkerFactory) private readonly workers: WorkerFactory,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.workers > 0) this.worker = this.workers.create('purges', concurrency, (job) => this.process(job));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker?.close();
  }

  async process({ imageId }: Pick<PurgeJob, 'imageId'>): Promise<void> {
    const blobs = await this.work.doomed(imageId);
    if (blobs.length === 0) return;
    await Promise.all(blobs.map((blob) => this.shared.remove(blob)));
    const command = { type: 'PurgeData', blobs, actor: systemActor, at: new Date() } as const;
    await this.images.execute(imageId, command, { requestId: null });
  }
}
