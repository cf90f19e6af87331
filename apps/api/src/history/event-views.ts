import { Inject, Injectable } from '@nestjs/common';
import { imageDocument, type StoreWeights } from '#catalog';
import type { Actor, ImageState } from '#domain';
import { EventStore, type RecordedEvent } from '#event-store';
import { Images, Stores } from '#platform';
import { ReadableProperties } from '../images/readable-properties.js';
import { readableInput } from '../tasks/task-views.js';
import { differences, summaryOf, type Changes } from './differences.js';

type View = Readonly<Record<string, unknown>>;

export type EventView = View & { readonly type: string; readonly data: object; readonly changes: Changes };

const imageStream = 'image-';

/** Events as a person reads them: who, when, in which request, and what changed from what to what. */
@Injectable()
export class EventViews {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(Images) private readonly images: Images,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  /** The events of a page, in its order. What changed is seen by folding their images' streams up to them. */
  async page(events: readonly RecordedEvent[], actor: Actor): Promise<EventView[]> {
    const last = events.reduce((most, { position }) => (position > most ? position : most), 0n);
    const ids = [...new Set(events.map(({ streamId }) => streamId))].filter((id) => id.startsWith(imageStream));
    const streams = ids.length > 0 ? await this.store.readStreams(ids, last) : new Map<string, RecordedEvent[]>();
    const wanted = new Set(events.map(({ position }) => position));
    const views = new Map([...streams.values()].flatMap((stream) => this.told(stream, wanted, actor)));
    return events.map((event) => views.get(event.position) ?? plainView(event));
  }

  /** Events of one stream that begins with its first one: those that are wanted. */
  told(stream: readonly RecordedEvent[], wanted: ReadonlySet<bigint>, actor: Actor): [bigint, EventView][] {
    let state: ImageState = undefined;
    const views: [bigint, EventView][] = [];
    for (const event of stream) {
      const before: ImageState = state;
      state = this.images.evolve(before, event);
      if (!wanted.has(event.position)) continue;
      const changes = differences(stateView(before, this.stores.weights), stateView(state, this.stores.weights));
      views.push([event.position, this.readableView(event, changes, actor)]);
    }
    return views;
  }

  /** What is hidden from the image is hidden from its past: in an event's own data, and in the changes told beside. */
  private readableView(event: RecordedEvent, changes: Changes, actor: Actor): EventView {
    const { type, payload: data } = event;
    const part = type === 'ImageCreated' ? 'properties' : type === 'ImagePropertiesChanged' ? 'changes' : undefined;
    const named = part && { [part]: this.readable.part((data as Record<string, View>)[part]!, actor) };
    // The changes of members have names that properties may have, too, but never both in one event.
    const shown = type.startsWith('ImageMember') ? changes : this.readable.part(changes, actor);
    return eventView(event, { ...data, ...named, ...this.readableInput(data, actor) }, shown);
  }

  /** Of a task that made the image. */
  private readableInput(data: object, actor: Actor): object {
    if (!('task_input' in data) || data.task_input === null) return {};
    return { task_input: readableInput(data.task_input as View, this.readable, actor) };
  }
}

/** Of what is no image; metadata definitions say in their events what changed. */
function plainView(event: RecordedEvent): EventView {
  const { payload } = event;
  const changes = 'changes' in payload && typeof payload.changes === 'object' ? (payload.changes as Changes) : {};
  return eventView(event, payload, changes);
}

function eventView(event: RecordedEvent, data: object, changes: Changes): EventView {
  const { streamId, type } = event;
  return {
    position: event.position,
    image_id: streamId.startsWith(imageStream) ? streamId.slice(imageStream.length) : null,
    stream: streamId,
    version: event.version,
    type,
    time: event.recordedAt.toISOString(),
    actor: event.actor,
    request_id: event.requestId,
    correlation_id: event.correlationId,
    summary: summaryOf(changes),
    changes,
    data,
    hash: event.hash,
  };
}

/** What a client would have seen, with the members beside it. */
export function stateView(image: ImageState, weights: StoreWeights): View {
  if (!image) return {};
  const {
    created_at: _created,
    updated_at: _updated,
    self: _self,
    file: _file,
    schema: _schema,
    ...view
  } = JSON.parse(imageDocument(image, weights)) as Record<string, unknown>;
  const members = Object.fromEntries(
    Object.entries(image.members).map(([member, { status }]) => [`member ${member}`, status]),
  );
  return { ...view, ...members };
}
