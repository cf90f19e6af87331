import { Inject, Injectable } from '@nestjs/common';
import { eventView, type EventView, type ToldEvent } from '#catalog';
import type { Actor } from '#domain';
import type { RecordedEvent } from '#event-store';
import { EventTeller } from '#platform';
import { ReadableProperties } from '../images/readable-properties.js';

/** Events as a person reads them, without what that person may not read. */
@Injectable()
export class EventViews {
  constructor(
    @Inject(EventTeller) private readonly teller: EventTeller,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  /** The events of a page, in its order. */
  async page(events: readonly RecordedEvent[], actor: Actor): Promise<EventView[]> {
    return (await this.teller.tell(events)).map((told) => this.view(told, actor));
  }

  /** Events of one stream that begins with its first one: those that are wanted. */
  told(stream: readonly RecordedEvent[], wanted: ReadonlySet<bigint>, actor: Actor): [bigint, EventView][] {
    return this.teller.tellStream(stream, wanted).map((told) => [told.event.position, this.view(told, actor)]);
  }

  view(told: ToldEvent, actor: Actor): EventView {
    return eventView(told, (values) => this.readable.part(values, actor));
  }
}
