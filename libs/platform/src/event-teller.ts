import {
  imageDocument,
  imageOf,
  movedItem,
  saidBy,
  differences,
  type Changes,
  type StoreWeights,
  type ToldEvent,
} from '#catalog';
import type { ImageState } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import type { Images } from './images.js';

type View = Readonly<Record<string, unknown>>;

/** Sees what events changed by folding the streams of their images up to them. */
export class EventTeller {
  constructor(
    private readonly store: EventStore,
    private readonly images: Images,
    private readonly weights: StoreWeights,
  ) {}

  /** In the order given. */
  async tell(events: readonly RecordedEvent[]): Promise<ToldEvent[]> {
    const last = events.reduce((most, { position }) => (position > most ? position : most), 0n);
    const ids = [...new Set(events.filter((event) => imageOf(event) !== undefined).map(({ streamId }) => streamId))];
    const streams = ids.length > 0 ? await this.store.readStreams(ids, last) : new Map<string, RecordedEvent[]>();
    const wanted = new Set(events.map(({ position }) => position));
    const told = [...streams.values()].flatMap((stream) => this.tellStream(stream, wanted));
    const byPosition = new Map(told.map((one) => [one.event.position, one]));
    return events.map((event) => byPosition.get(event.position) ?? plain(event));
  }

  /** Events of one image's stream, which begins with its first one: those that are wanted. */
  tellStream(stream: readonly RecordedEvent[], wanted: ReadonlySet<bigint>): ToldEvent[] {
    let state: ImageState = undefined;
    const told: Omit<ToldEvent, 'owner'>[] = [];
    for (const event of stream) {
      const before: ImageState = state;
      state = this.images.evolve(before, event);
      if (!wanted.has(event.position)) continue;
      told.push({
        event,
        changes: differences(stateView(before, this.weights), stateView(state, this.weights)),
        member: saidBy(event).member,
        item: movedItem({ id: imageOf(event)!, before, state }),
      });
    }
    // An image has one owner, who has its past, too.
    const owner = state?.owner ?? null;
    return told.map((one) => ({ ...one, owner }));
  }
}

/** Of what is no image; metadata definitions say in their events what changed. */
function plain(event: RecordedEvent): ToldEvent {
  const { payload } = event;
  const changes = 'changes' in payload && typeof payload.changes === 'object' ? (payload.changes as Changes) : {};
  return { event, changes, owner: null, member: null, item: undefined };
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
