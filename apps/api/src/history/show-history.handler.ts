import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { stringify } from 'lossless-json';
import { imageDocument, type StoreWeights } from '#catalog';
import { assertMay, type Actor, type ImageState } from '#domain';
import { EventStore, type RecordedEvent } from '#event-store';
import { Images, Stores } from '#platform';
import { imageNotFound } from '../http/fault.js';
import { ReadableProperties } from '../images/readable-properties.js';
import { readableInput } from '../tasks/task-views.js';

/** Everything that happened to one image, oldest first, each with the image before and after, as JSON text. */
export class ShowHistory extends Query<string> {
  constructor(
    readonly imageId: string,
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
    @Inject(Stores) private readonly stores: Stores,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  /** From the log, not the catalogue: deleted images keep their history, for their owners and for admins. */
  async execute({ imageId, actor }: ShowHistory): Promise<string> {
    const events = await this.store.readStream(this.images.streamOf(imageId));
    const { state: now } = this.images.fold(imageId, events);
    if (!now) throw imageNotFound(imageId);
    assertMay('read history of', actor, now);
    let state: ImageState = undefined;
    const told = events.map((event) => {
      const before: ImageState = state;
      state = this.images.evolve(before, event);
      return this.readableView(eventView(event, before, state, this.stores.weights), actor);
    });
    return stringify({ image_id: imageId, events: told })!;
  }

  /** What is hidden from the image is hidden from its past: in an event's own data, and in the changes told beside. */
  private readableView(view: EventView, actor: Actor): EventView {
    const { type, data, changes } = view;
    const part = type === 'ImageCreated' ? 'properties' : type === 'ImagePropertiesChanged' ? 'changes' : undefined;
    const named = part && { [part]: this.readable.part((data as Record<string, View>)[part]!, actor) };
    // The changes of members have names that properties may have, too, but never both in one event.
    const shown = type.startsWith('ImageMember') ? changes : this.readable.part(changes, actor);
    return { ...view, data: { ...data, ...named, ...this.readableInput(data, actor) }, changes: shown };
  }

  /** Of a task that made the image. */
  private readableInput(data: object, actor: Actor): object {
    if (!('task_input' in data) || data.task_input === null) return {};
    return { task_input: readableInput(data.task_input as View, this.readable, actor) };
  }
}

function eventView(event: RecordedEvent, before: ImageState, after: ImageState, weights: StoreWeights): EventView {
  return {
    position: event.position,
    version: event.version,
    type: event.type,
    time: event.recordedAt.toISOString(),
    actor: event.actor,
    request_id: event.requestId,
    correlation_id: event.correlationId,
    data: event.payload,
    changes: differences(viewOf(before, weights), viewOf(after, weights)),
    hash: event.hash,
  };
}

type View = Readonly<Record<string, unknown>>;

type EventView = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly data: object;
  readonly changes: View;
};

/** What a client would have seen, with the members beside it. */
function viewOf(image: ImageState, weights: StoreWeights): View {
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

/** Attribute → from, to; null stands for "not there". */
function differences(before: View, after: View): Record<string, { from: unknown; to: unknown }> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  // Names may be what every object has: __proto__, constructor …
  const value = (view: View, name: string) => (Object.hasOwn(view, name) ? view[name] : null);
  const changed = names
    .map((name) => [name, { from: value(before, name), to: value(after, name) }] as const)
    .filter(([, { from, to }]) => JSON.stringify(from) !== JSON.stringify(to));
  return Object.fromEntries(changed);
}
