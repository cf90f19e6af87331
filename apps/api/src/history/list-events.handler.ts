import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { History, historyFilters, type HistoryQuery } from '#catalog';
import type { Actor } from '#domain';
import { audienceOf } from './audience.js';
import type { EventPage } from './event-formats.js';
import { EventViews } from './event-views.js';
import { assertKnown, boundsOf, parseFilters, parsePaging, parseTime } from './history-params.js';
import { nextPage } from './next-page.js';

const path = '/vitrine/v1/events';
const known = [...historyFilters, 'from', 'to', 'order', 'limit', 'cursor', 'format'];

/** A page of the log; `search` is the request's query string. */
export class ListEvents extends Query<EventPage> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListEvents)
export class ListEventsHandler implements IQueryHandler<ListEvents> {
  constructor(
    @Inject(History) private readonly history: History,
    @Inject(EventViews) private readonly views: EventViews,
  ) {}

  async execute({ search, actor }: ListEvents): Promise<EventPage> {
    const params = new URLSearchParams(search);
    assertKnown(params, known);
    const paging = parsePaging(params, { order: 'desc', limit: 25 });
    const { order, limit } = paging;
    const filters = parseFilters(params);
    const audience = audienceOf(actor, 'events');
    const bounds = await this.within(params, boundsOf(paging));
    const { trueFor, events } = await this.history.search({ audience, filters, order, limit, ...bounds });
    const views = await this.views.page(events, actor);
    return {
      position: trueFor,
      events: events.map((event, index) => ({ event, view: views[index]! })),
      ...nextPage(path, params, events, limit),
    };
  }

  /** From the first event of a time on, and up to the last one of another. */
  private async within(params: URLSearchParams, bounds: Pick<HistoryQuery, 'after' | 'before'>) {
    const [from, to] = [params.get('from'), params.get('to')];
    const justBefore = from === null ? undefined : new Date(parseTime('from', from).getTime() - 1);
    const last = to === null ? undefined : parseTime('to', to);
    const after = justBefore === undefined ? 0n : await this.history.positionAt(justBefore);
    const before = last === undefined ? bounds.before : (await this.history.positionAt(last)) + 1n;
    return {
      after: after > bounds.after ? after : bounds.after,
      before: before < bounds.before ? before : bounds.before,
    };
  }
}
