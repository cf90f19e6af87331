import { imageOf, type EventView } from './event-view.js';

/** An event as CloudEvents 1.0 has it, in the JSON format's structured mode (docs/webhooks.md). */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** unique with `source`: the position */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** extension "partitioning": what has one key is in order */
  readonly partitionkey: string;
  /** extension "sequence": by its text, as that wants it */
  readonly sequence: string;
  /** own extensions; absent where there is none */
  readonly requestid?: string;
  readonly correlationid?: string;
  readonly data: EventView;
}

export const cloudEventType = 'application/cloudevents+json; charset=UTF-8';

const typePrefix = 'vitrine.';
/** digits of the largest position */
const sequenceLength = 19;

/** @param source a URI-reference that names the installation, such as `https://images.example.org/vitrine/v1/events` */
export function cloudEvent(view: EventView, source: string): CloudEvent {
  const { position, stream, type, time, request_id: requestId, correlation_id: correlationId } = view;
  const imageId = imageOf({ streamId: stream });
  return {
    specversion: '1.0',
    id: position.toString(),
    source,
    type: `${typePrefix}${type}`,
    subject: imageId === undefined ? stream : `images/${imageId}`,
    time,
    datacontenttype: 'application/json',
    partitionkey: stream,
    sequence: position.toString().padStart(sequenceLength, '0'),
    ...(requestId !== null && { requestid: requestId }),
    ...(correlationId !== null && { correlationid: correlationId }),
    data: view,
  };
}

/** Of an installation whose address is not known it is a relative one. */
export const eventSource = (publicUrl: string | undefined): string => `${publicUrl ?? ''}/vitrine/v1/events`;
