import { stringify } from 'lossless-json';
import { imageOf, type EventView, type History, type HistoryQuery, type ToldEvent } from '#catalog';
import type { EventStore } from '#event-store';
import type { EventTeller } from '#platform';
import { messageText } from './event-stream.js';
import type { Past, Watched } from './watch.js';

const page = 200;
const end = 2n ** 63n - 1n;

export interface LogTables {
  readonly history: History;
  readonly store: EventStore;
  readonly teller: EventTeller;
}

/** All of the log that a caller reads, or what fits his filters: just what a search of events finds. */
export class WatchedLog implements Watched {
  constructor(
    private readonly tables: LogTables,
    private readonly filters: HistoryQuery['filters'],
    /** whose events: may change while the caller watches */
    public audience: HistoryQuery['audience'],
    private readonly view: (told: ToldEvent) => EventView,
  ) {}

  /** By the search as far as that has come, which is behind the log, and then by the log itself. */
  async past(after: bigint): Promise<Past> {
    const { history, store, teller } = this.tables;
    const { audience, filters } = this;
    const found = await history.search({ audience, filters, order: 'asc', after, before: end, limit: page });
    const last = found.events.at(-1)?.position;
    const upTo = last !== undefined && found.events.length === page ? last : max(found.trueFor, last ?? 0n);
    if (upTo > after) return { events: await teller.tell(found.events), upTo };
    const events = await store.readFeed(after, page);
    return { events: await teller.tell(events), upTo: events.at(-1)?.position ?? after };
  }

  wants({ event, owner, member }: ToldEvent): boolean {
    const { audience, filters } = this;
    if (audience !== 'everything' && owner !== audience.project && member !== audience.project) return false;
    const has = {
      ...{ image: imageOf(event), request_id: event.requestId, actor: event.actor.user_id },
      ...{ project: event.projectId, type: event.type },
    };
    return Object.entries(filters).every(([name, value]) => has[name as keyof typeof has] === value);
  }

  message(told: ToldEvent): string {
    return messageText({ id: told.event.position.toString(), event: 'log', data: stringify(this.view(told))! });
  }
}

const max = (a: bigint, b: bigint) => (a > b ? a : b);
