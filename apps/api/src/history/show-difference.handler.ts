import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { stringify } from 'lossless-json';
import { differences, summaryOf } from '#catalog';
import { assertMay, type Actor } from '#domain';
import { EventStore } from '#event-store';
import { Images, stateView, Stores } from '#platform';
import { imageNotFound } from '../http/fault.js';
import { ReadableProperties } from '../images/readable-properties.js';
import type { Moment } from './history-params.js';
import { Moments } from './moments.js';

/** What is different in an image between two moments, with its members, as JSON text. */
export class ShowDifference extends Query<string> {
  constructor(
    readonly imageId: string,
    readonly from: Moment,
    readonly to: Moment,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowDifference)
export class ShowDifferenceHandler implements IQueryHandler<ShowDifference> {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Images) private readonly images: Images,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(Moments) private readonly moments: Moments,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  async execute({ imageId, from, to, actor }: ShowDifference): Promise<string> {
    const positions = { from: await this.moments.positionOf(from), to: await this.moments.positionOf(to) };
    const stream = await this.store.readStream(this.images.streamOf(imageId));
    const { state: now } = this.images.fold(imageId, stream);
    if (!now) throw imageNotFound(imageId);
    assertMay('read history of', actor, now);
    const at = (position: bigint) => {
      const { state, version } = this.images.fold(
        imageId,
        stream.filter((event) => event.position <= position),
      );
      const view = this.readable.part(stateView(state, this.stores.weights), actor);
      return { view, told: { position, version } };
    };
    const [before, after] = [at(positions.from), at(positions.to)];
    const changes = differences(before.view, after.view);
    return stringify({ image_id: imageId, from: before.told, to: after.told, summary: summaryOf(changes), changes })!;
  }
}
