import { Inject, Injectable } from '@nestjs/common';
import { History } from '#catalog';
import { EventStore } from '#event-store';
import { badRequest } from '../http/fault.js';
import type { Moment } from './history-params.js';

/** Where a moment is in the log. A time is a place, too: before the first event that was recorded later. */
@Injectable()
export class Moments {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(History) private readonly history: History,
  ) {}

  /** @throws Fault 400 when nobody can know yet what will be there */
  async positionOf(moment: Moment): Promise<bigint> {
    if ('time' in moment) return this.history.positionAt(moment.time);
    const head = await this.store.head();
    if (moment.position > head) throw badRequest(`The log ends at position ${head}.`);
    return moment.position;
  }
}
