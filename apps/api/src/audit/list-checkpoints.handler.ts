import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { stringify } from 'lossless-json';
import { readsWholeLog, type Actor } from '#domain';
import { Seals } from '#event-store';
import { assertKnown, boundsOf, parsePaging } from '../history/history-params.js';
import { pageAfter } from '../history/next-page.js';
import { Fault } from '../http/fault.js';

const path = '/vitrine/v1/audit/checkpoints';

/** A page of checkpoints as JSON text, in the order of the log or against it; `cursor` is a `last`. */
export class ListCheckpoints extends Query<string> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListCheckpoints)
export class ListCheckpointsHandler implements IQueryHandler<ListCheckpoints> {
  constructor(@Inject(Seals) private readonly seals: Seals) {}

  async execute({ search, actor }: ListCheckpoints): Promise<string> {
    if (!readsWholeLog(actor)) throw new Fault(403, 'You are not authorized to read checkpoints.');
    const params = new URLSearchParams(search);
    assertKnown(params, ['order', 'limit', 'cursor']);
    const paging = parsePaging(params, { order: 'desc', limit: 100 });
    const { order, limit } = paging;
    const { after, before } = boundsOf(paging);
    const seals = await (order === 'asc' ? this.seals.after(after, limit) : this.seals.before(before, limit));
    const last = seals.at(-1);
    return stringify({
      checkpoints: seals.map(({ checkpoint }) => checkpoint),
      ...(last && seals.length === limit && { next: pageAfter(path, params, String(last.checkpoint.last)) }),
    })!;
  }
}
