import type { RecordedEvent } from '#event-store';
import type { MovedItem } from '../bulk/bulk-item.projection.js';
import { summaryOf, type Changes } from './differences.js';
import { withShownUrls } from './shown-url.js';

type View = Readonly<Record<string, unknown>>;

/** An event as a person reads it: who, when, in which request, and what changed from what to what. */
export type EventView = View & {
  readonly position: bigint;
  readonly image_id: string | null;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  /** ISO 8601 */
  readonly time: string;
  readonly actor: RecordedEvent['actor'];
  readonly request_id: string | null;
  readonly correlation_id: string | null;
  readonly data: object;
  /** the changes in one line */
  readonly summary: string;
  readonly changes: Changes;
  readonly hash: string;
};

/** An event with what its stream says of it. */
export interface ToldEvent {
  readonly event: RecordedEvent;
  readonly changes: Changes;
  /** the project that has the image, as far as the stream was read; null for what happened to no image */
  readonly owner: string | null;
  /** the project that an invitation is about */
  readonly member: string | null;
  /** of a bulk import, where the event moved it */
  readonly item: MovedItem | undefined;
}

/** Leaves out what a reader may not know, by the names of attributes and properties. */
export type Readable = <T>(values: Readonly<Record<string, T>>) => Record<string, T>;

const imageStream = 'image-';

/** undefined for a stream that is no image's */
export const imageOf = ({ streamId }: Pick<RecordedEvent, 'streamId'>): string | undefined =>
  streamId.startsWith(imageStream) ? streamId.slice(imageStream.length) : undefined;

/** What is hidden from the image is hidden from its past: in an event's own data, and in the changes told beside. */
export function eventView({ event, changes }: Pick<ToldEvent, 'event' | 'changes'>, readable: Readable): EventView {
  const { type, payload } = event;
  if (imageOf(event) === undefined) return viewOf(event, payload, changes);
  const part = type === 'ImageCreated' ? 'properties' : type === 'ImagePropertiesChanged' ? 'changes' : undefined;
  const named = part && { [part]: readable((payload as Record<string, View>)[part]!) };
  // The changes of members have names that properties may have, too, but never both in one event.
  const shown = type.startsWith('ImageMember') ? changes : readable(changes);
  // What somebody has called a property is shown as he gave it.
  const data = hasGivenNames.has(type)
    ? { ...payload, ...named }
    : withShownUrls({ ...payload, ...taskInput(payload, readable) });
  return viewOf(event, data, withShownPlaces(shown));
}

const hasGivenNames = new Set(['ImageCreated', 'ImagePropertiesChanged', 'ImageAttributesChanged']);

function withShownPlaces(changes: Changes): Changes {
  const places = ['locations', 'direct_url'].filter((name) => Object.hasOwn(changes, name));
  return places.length === 0
    ? changes
    : { ...changes, ...Object.fromEntries(places.map((name) => [name, withShownUrls(changes[name]!)])) };
}

/** Of a task that made the image. */
function taskInput(data: object, readable: Readable): object {
  if (!('task_input' in data) || data.task_input === null) return {};
  return { task_input: readableInput(data.task_input as View, readable) };
}

/** What is hidden of an image is hidden of what it was made from. */
export function readableInput(input: View, readable: Readable): View {
  const { image_properties: given } = input;
  if (typeof given !== 'object' || given === null) return input;
  return { ...input, image_properties: readable(given as View) };
}

function viewOf(event: RecordedEvent, data: object, changes: Changes): EventView {
  return {
    position: event.position,
    image_id: imageOf(event) ?? null,
    stream: event.streamId,
    version: event.version,
    type: event.type,
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
