import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { assertMay, mayOn, type Actor } from '#domain';
import { EventStore, type RecordedEvent } from '#event-store';
import { Images } from '#platform';
import { imageNotFound } from '../http/fault.js';
import type { EventPage } from './event-formats.js';
import { EventViews } from './event-views.js';
import { assertKnown, boundsOf, parsePaging } from './history-params.js';
import { nextPage } from './next-page.js';

/** A page of what happened to one image; `search` is the request's query string. */
export class ShowHistory extends Query<EventPage> {
  constructor(
    readonly imageId: string,
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowHistory)
export class ShowHistoryHandler implements IQueryHandler<ShowHistory> {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Images) private readonly images: Images,
    @Inject(EventViews) private readonly views: EventViews,
  ) {}

  /** From the log, not from a read model: what has just happened is in it, and deleted images keep theirs. */
  async execute({ imageId, search, actor }: ShowHistory): Promise<EventPage> {
    const params = new URLSearchParams(search);
    assertKnown(params, ['order', 'limit', 'cursor', 'format']);
    const paging = parsePaging(params, { order: 'asc', limit: 100 });
    const position = await this.store.head();
    const streamId = this.images.streamOf(imageId);
    const stream = (await this.store.readStreams([streamId], position)).get(streamId) ?? [];
    const { state: now } = this.images.fold(imageId, stream);
    if (!now) throw imageNotFound(imageId);
    assertMay('read own invitations to', actor, now);
    const isWhole = mayOn('read history of', actor, now);

    const { after, before } = boundsOf(paging);
    const shown = stream.filter((event) => isWhole || isAbout(event, actor));
    const inOrder = paging.order === 'asc' ? shown : shown.toReversed();
    const page = inOrder.filter((event) => event.position > after && event.position < before).slice(0, paging.limit);
    const views = new Map(this.views.told(stream, new Set(page.map((event) => event.position)), actor));
    return {
      about: { image_id: imageId },
      position,
      events: page.map((event) => ({ event, view: views.get(event.position)! })),
      ...nextPage(`/vitrine/v1/images/${imageId}/history`, params, page, paging.limit),
    };
  }
}

/** A project that is invited reads of its own invitation, and nothing of the others. */
export function isAbout({ payload }: RecordedEvent, { projectId }: Actor): boolean {
  return 'member' in payload && payload.member === projectId;
}
