import { stringify } from 'lossless-json';
import { bulkItemEvents, type BulkCatalog, type CatalogBulkImport, type EventView, type ToldEvent } from '#catalog';
import type { EventTeller } from '#platform';
import { bulkImportView, bulkItemView } from '../bulk-imports/bulk-views.js';
import { messageText } from './event-stream.js';
import type { BatchProgress } from './live-batches.js';
import type { Past, Watched } from './watch.js';

const page = 1_000;
/** Of the last message's id: there is nothing to come back for. */
export const endMark = '-end';

/** One bulk import: its items as they move, its milestones, and how far it is whenever that has changed. */
export class WatchedBatch implements Watched {
  /** what was said last, without what only time changes */
  private told: string | undefined;

  constructor(
    private readonly catalog: BulkCatalog,
    private readonly teller: EventTeller,
    private readonly progress: BatchProgress,
    private readonly view: (told: ToldEvent) => EventView,
  ) {}

  private get id(): string {
    return this.progress.latest.id;
  }

  async past(after: bigint): Promise<Past> {
    const { events, upTo } = await this.catalog.eventsAfter(this.id, after, page);
    return { events: await this.teller.tell(events), upTo };
  }

  wants({ event, item }: ToldEvent): boolean {
    return event.streamId === `bulk-${this.id}` || (item?.batch === this.id && bulkItemEvents.includes(event.type));
  }

  message(told: ToldEvent): string {
    const { event, item } = told;
    const id = event.position.toString();
    if (!item) return messageText({ id, event: 'milestone', data: stringify(this.view(told))! });
    const { batch: _batch, ...moved } = item;
    const view = { ...bulkItemView({ ...moved, bytes: 0n, bytesTotal: null }), position: event.position };
    return messageText({ id, event: 'item', data: stringify(view)! });
  }

  /** Never ahead of the items: what counts them waits until they were told. */
  news(position: bigint): { text: string; isEnd: boolean } | undefined {
    const { latest } = this.progress;
    if (latest.position > position) return undefined;
    const isEnd = isOver(latest);
    const { rate: _rate, seconds_left: _left, position: _position, ...lasting } = bulkImportView(latest);
    const now = stringify(lasting)!;
    if (now === this.told && !isEnd) return undefined;
    const data = stringify(bulkImportView(latest))!;
    const tick = now === this.told ? '' : messageText({ id: position.toString(), event: 'progress', data });
    this.told = now;
    const end = isEnd ? messageText({ id: `${position}${endMark}`, event: latest.status, data }) : '';
    return { text: tick + end, isEnd };
  }
}

/** Finished or cancelled, and nothing of it under way any more. */
export function isOver({ status, counts }: CatalogBulkImport): boolean {
  return (status === 'finished' || status === 'cancelled') && counts.waiting + counts.running === 0;
}
