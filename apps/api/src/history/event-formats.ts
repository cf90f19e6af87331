import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify as csv } from 'csv-stringify/sync';
import { stringify } from 'lossless-json';
import { cadfEvent, cadfType, cloudEvent, type EventView } from '#catalog';
import type { RecordedEvent } from '#event-store';
import { bestOffer } from '../http/accept.js';
import { word } from '../http/page-params.js';
import { searchOf } from '../http/search-of.js';

/** A page of events, whatever it is written in. */
export interface EventPage {
  /** that it is true for */
  readonly position: bigint;
  readonly events: readonly { readonly event: RecordedEvent; readonly view: EventView }[];
  /** path and query of the next page */
  readonly next?: string;
  /** what the native format says beside */
  readonly about?: object;
}

const formats = {
  json: { accept: 'application/json', type: 'application/json; charset=UTF-8', write: native },
  cloudevents: {
    accept: 'application/cloudevents-batch+json',
    type: 'application/cloudevents-batch+json; charset=UTF-8',
    write: ({ events }: EventPage, source: string) => stringify(events.map(({ view }) => cloudEvent(view, source)))!,
  },
  cadf: {
    accept: 'application/cadf+json',
    type: cadfType,
    write: ({ events }: EventPage, source: string) =>
      stringify(events.map(({ event, view }) => cadfEvent(view, event.eventId, source)))!,
  },
  csv: { accept: 'text/csv', type: 'text/csv; charset=UTF-8; header=present', write: table },
} as const;
type Format = keyof typeof formats;
const names = Object.keys(formats) as Format[];

/**
 * In the format that `format` names, else in the one that is accepted best. Where the next page is says a header, too, because
 * only the native format has room for it. @throws Fault 400
 */
export function sendPage(page: EventPage, request: FastifyRequest, reply: FastifyReply, source: string): void {
  const { type, write } = formats[formatOf(request)];
  void reply
    .headers({
      vary: 'accept',
      'vitrine-position': page.position.toString(),
      ...(page.next !== undefined && { link: `<${page.next}>; rel="next"` }),
    })
    .type(type)
    .send(write(page, source));
}

function formatOf(request: FastifyRequest): Format {
  const asked = new URLSearchParams(searchOf(request)).get('format');
  if (asked !== null) return word('format', asked, names);
  const offers = names.map((name) => formats[name].accept);
  const best = bestOffer(request.headers.accept ?? '', offers);
  return names.find((name) => formats[name].accept === best) ?? 'json';
}

function native({ about, position, events, next }: EventPage): string {
  return stringify({
    ...about,
    position,
    events: events.map(({ view }) => view),
    ...(next !== undefined && { next }),
  })!;
}

/**
 * RFC 4180, a line an event. Names that a project chose are read in spreadsheets by auditors: what would be a formula there
 * begins with an apostrophe.
 */
function table({ events }: EventPage): string {
  const lines = events.map(({ view }) => [
    view.position.toString(),
    ...[view.time, view.type, view.image_id, view.stream, view.version],
    ...[view.actor.user_id, view.actor.project_id, view.actor.roles.join(' ')],
    ...[view.request_id, view.correlation_id, view.summary, stringify(view.data), view.hash],
  ]);
  return csv([columns, ...lines], { record_delimiter: 'windows', escape_formulas: true });
}

const columns = [
  ...['position', 'time', 'type', 'image_id', 'stream', 'version', 'user_id', 'project_id', 'roles'],
  ...['request_id', 'correlation_id', 'summary', 'data', 'hash'],
];
