import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { maySeePast, type Actor } from '#domain';
import { EventStore } from '#event-store';
import { Images } from '#platform';
import { imageNotFound } from '../http/fault.js';
import { ImageViews } from '../images/image-views.js';
import type { Moment } from './history-params.js';
import { Moments } from './moments.js';

/** An image just as GET would have answered at a moment. */
export interface PastImage {
  readonly document: string;
  readonly version: number;
  /** where the moment is in the log */
  readonly position: bigint;
}

export class ShowPastImage extends Query<PastImage> {
  constructor(
    readonly imageId: string,
    readonly moment: Moment,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowPastImage)
export class ShowPastImageHandler implements IQueryHandler<ShowPastImage> {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Images) private readonly images: Images,
    @Inject(Moments) private readonly moments: Moments,
    @Inject(ImageViews) private readonly views: ImageViews,
  ) {}

  async execute({ imageId, moment, actor }: ShowPastImage): Promise<PastImage> {
    const position = await this.moments.positionOf(moment);
    const stream = await this.store.readStream(this.images.streamOf(imageId));
    const { state: now } = this.images.fold(imageId, stream);
    const { state: then, version } = this.images.fold(
      imageId,
      stream.filter((event) => event.position <= position),
    );
    if (!now || !then || then.status === 'deleted' || !maySeePast(actor, then, now)) throw imageNotFound(imageId);
    return { document: await this.views.ofState(then, actor), version, position };
  }
}
