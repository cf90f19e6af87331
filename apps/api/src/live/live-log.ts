import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ToldEvent } from '#catalog';
import { EventFeed, EventStore } from '#event-store';
import { EventTeller, LOGGER, type Logger } from '#platform';
import type { Bell } from './bell.js';

const batch = 200;
/** what is remembered for all watchers together: events, and characters of what they say */
const mostEvents = 500;
const mostText = 8 << 20;
/** Where a thousand events a second come, the log is read fifty times, not a thousand. */
const breathMs = 20;
const retryMs = 1_000;

/**
 * The end of the log, read once for all who watch it; nothing is read while nobody does. Watchers take from it at their own
 * pace, and whoever is too slow for what is remembered goes on from the tables.
 */
@Injectable()
export class LiveLog {
  private readonly bells = new Set<Bell>();
  private remembered: ToldEvent[] = [];
  private weights: number[] = [];
  private weight = 0;
  /** of the last event that was read; undefined before it is known where to begin */
  private last: bigint | undefined;
  private reading: AbortController | undefined;

  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(EventFeed) private readonly feed: EventFeed,
    @Inject(EventTeller) private readonly teller: EventTeller,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Rings when there is more, until the returned function is called. */
  watch(bell: Bell): () => void {
    this.bells.add(bell);
    if (!this.reading) {
      this.feed.start();
      this.reading = new AbortController();
      void this.read(this.reading.signal);
    }
    return () => {
      this.bells.delete(bell);
      if (this.bells.size > 0) return;
      this.reading?.abort();
      this.reading = undefined;
      this.last = undefined;
      this.forget(this.remembered.length);
    };
  }

  /** What came after a position so far, in order; undefined when that is not remembered any more. */
  after(position: bigint): readonly ToldEvent[] | undefined {
    if (this.last === undefined || position >= this.last) return [];
    const missed = position - this.last + BigInt(this.remembered.length);
    return missed < 0n ? undefined : this.remembered.slice(Number(missed));
  }

  private async read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seen = this.feed.wakeUps;
      try {
        const isMore = await this.readOn(signal);
        if (isMore) continue;
        await delay(breathMs);
      } catch (error) {
        this.logger.warn({ err: error }, 'the log could not be read for those who watch it; trying again');
        await delay(retryMs);
      }
      await this.feed.next(seen, signal);
    }
  }

  private async readOn(signal: AbortSignal): Promise<boolean> {
    const from = this.last ?? (await this.store.head());
    const events = await this.store.readFeed(from, batch);
    const told = events.length > 0 ? await this.teller.tell(events) : [];
    // Somebody else may read by now, who began where the log ends.
    if (signal.aborted) return false;
    this.last = events.at(-1)?.position ?? from;
    this.remember(told);
    for (const bell of this.bells) bell.ring();
    return events.length === batch;
  }

  private remember(told: readonly ToldEvent[]): void {
    const weights = told.map(({ event, changes }) => JSON.stringify([event.payload, changes]).length);
    this.remembered.push(...told);
    this.weights.push(...weights);
    this.weight += weights.reduce((sum, one) => sum + one, 0);
    let old = Math.max(0, this.remembered.length - mostEvents);
    let left = this.weight - this.weights.slice(0, old).reduce((sum, one) => sum + one, 0);
    while (left > mostText) left -= this.weights[old++]!;
    this.forget(old);
  }

  private forget(count: number): void {
    this.remembered.splice(0, count);
    for (const weight of this.weights.splice(0, count)) this.weight -= weight;
  }
}
