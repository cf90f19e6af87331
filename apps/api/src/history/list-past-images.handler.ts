import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { maySeePast, readsWholeLog, type Actor, type Image } from '#domain';
import { EventStore, type RecordedEvent } from '#event-store';
import { Images } from '#platform';
import { badRequest, Fault } from '../http/fault.js';
import { parseLimit } from '../http/page-params.js';
import { isImageId } from '../images/image-id.js';
import { ImageViews } from '../images/image-views.js';
import { assertKnown, parseMoment } from './history-params.js';
import { Moments } from './moments.js';
import { pageAfter } from './next-page.js';

const maxLimit = 1_000;
const batchSize = 1_000;
/** Whatever is asked, one answer reads no more of the log than this and the rest of the stream it is in. */
const mostEvents = 10_000;

/** A page of the images that the caller's list would have shown at a moment, as JSON text; in the order of their ids. */
export class ListPastImages extends Query<string> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListPastImages)
export class ListPastImagesHandler implements IQueryHandler<ListPastImages> {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Images) private readonly images: Images,
    @Inject(Moments) private readonly moments: Moments,
    @Inject(ImageViews) private readonly views: ImageViews,
  ) {}

  async execute({ search, actor }: ListPastImages): Promise<string> {
    if (!readsWholeLog(actor) && !actor.roles.includes('reader') && !actor.roles.includes('member')) {
      throw new Fault(403, 'You are not authorized to list images.');
    }
    const params = new URLSearchParams(search);
    assertKnown(params, ['as_of', 'limit', 'cursor']);
    const asOf = params.get('as_of');
    if (asOf === null) throw badRequest('as_of is needed: a time, such as 2026-01-31T12:00:00Z, or a position.');
    const cursor = params.get('cursor');
    if (cursor !== null && !isImageId(cursor)) throw badRequest('cursor must be that of a link to the next page.');
    const limit = Math.min(parseLimit(params.get('limit') ?? undefined, 1) ?? 25, maxLimit);
    const position = await this.moments.positionOf(parseMoment('as_of', asOf));

    const documents: string[] = [];
    let seen = 0;
    let last: string | undefined;
    for await (const stream of this.streamsAfter(cursor ?? '')) {
      last = stream[0]!.streamId.slice('image-'.length);
      seen += stream.length;
      const image = this.listedThen(last, stream, position, actor);
      if (image) documents.push(await this.views.ofState(image, actor));
      if (documents.length === limit || seen >= mostEvents) {
        const next = JSON.stringify(pageAfter('/vitrine/v1/images', params, last));
        return `{"position":${position},"images":[${documents.join(',')}],"next":${next}}`;
      }
    }
    return `{"position":${position},"images":[${documents.join(',')}]}`;
  }

  private listedThen(id: string, stream: readonly RecordedEvent[], position: bigint, actor: Actor): Image | undefined {
    const { state: then } = this.images.fold(
      id,
      stream.filter((event) => event.position <= position),
    );
    if (!then || !isListed(then, actor)) return undefined;
    const { state: now } = this.images.fold(id, stream);
    return maySeePast(actor, then, now!) ? then : undefined;
  }

  /** The whole streams of images, in the order of their ids. */
  private async *streamsAfter(imageId: string): AsyncGenerator<readonly RecordedEvent[]> {
    let after = { stream: this.images.streamOf(imageId), version: Number.MAX_SAFE_INTEGER };
    let open: RecordedEvent[] = [];
    for (;;) {
      // '.' follows '-'
      const events = await this.store.readAlong(after, 'image.', batchSize);
      for (const event of events) {
        if (open.length > 0 && open[0]!.streamId !== event.streamId) {
          yield open;
          open = [];
        }
        open.push(event);
      }
      const end = events.at(-1);
      if (!end) break;
      after = { stream: end.streamId, version: end.version };
    }
    if (open.length > 0) yield open;
  }
}

/** Whether `GET /v2/images` without a filter has the image for the caller (libs/catalog/src/images/image-list.query.ts). */
function isListed(image: Image, actor: Actor): boolean {
  if (image.status === 'deleted' || image.os_hidden) return false;
  const isOwn = image.owner !== null && image.owner === actor.projectId;
  if (isOwn) return true;
  if (readsWholeLog(actor)) return image.visibility !== 'community';
  if (image.visibility === 'public') return true;
  const isMember = actor.projectId !== null && Object.hasOwn(image.members, actor.projectId);
  return image.visibility === 'shared' && isMember && image.members[actor.projectId]!.status === 'accepted';
}
