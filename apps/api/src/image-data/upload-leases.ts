import { Inject, Injectable } from '@nestjs/common';
import { WorkQueue } from '#catalog';
import type { Config } from '#config';
import { DomainError } from '#domain';
import { CONFIG, Images, LOGGER, type Logger } from '#platform';
import type { Transfer } from './running-transfers.js';

/** Keeps the leases of running uploads alive, so that the sweeper leaves them alone, and stops those that nobody wants any more. */
@Injectable()
export class UploadLeases {
  constructor(
    @Inject(WorkQueue) private readonly work: WorkQueue,
    @Inject(Images) private readonly images: Images,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Returns what ends it. */
  hold(imageId: string, attempt: string, transfer: Transfer): () => void {
    const beat = async () => {
      try {
        if (!(await this.work.heartbeat(imageId, attempt, 1))) transfer.abort(await this.whyUnwanted(imageId, attempt));
      } catch (error) {
        this.logger.warn({ err: error, image: imageId, attempt }, 'the lease of an upload was not moved on');
      }
    };
    const timer = setInterval(() => void beat(), (this.config.leaseSeconds * 1000) / 3);
    return () => clearInterval(timer);
  }

  private async whyUnwanted(id: string, attempt: string): Promise<DomainError> {
    const { state } = await this.images.load(id);
    return state?.status === 'deleted'
      ? new DomainError('image-gone', { id })
      : new DomainError('data-superseded', { id, attempt });
  }
}
