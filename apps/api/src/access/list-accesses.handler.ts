import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { stringify } from 'lossless-json';
import { accessFilters, AccessLog, type AccessEntry, type AccessQuery } from '#catalog';
import type { Actor } from '#domain';
import { audienceOf } from '../history/audience.js';
import { assertKnown, parseShape, parseTime } from '../history/history-params.js';
import { pageAfter } from '../history/next-page.js';
import { cursorOf, parseAccessFilters, parseCursor } from './access-params.js';

const path = '/vitrine/v1/access';
const known = [...accessFilters, 'from', 'to', 'order', 'limit', 'cursor'];

/** A page of the access log as JSON text; `search` is the request's query string. */
export class ListAccesses extends Query<string> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListAccesses)
export class ListAccessesHandler implements IQueryHandler<ListAccesses> {
  constructor(@Inject(AccessLog) private readonly log: AccessLog) {}

  async execute({ search, actor }: ListAccesses): Promise<string> {
    const params = new URLSearchParams(search);
    assertKnown(params, known);
    const { order, limit } = parseShape(params, { order: 'desc', limit: 25 });
    const [from, to, cursor] = [params.get('from'), params.get('to'), params.get('cursor')];
    const audience = audienceOf(actor, 'accesses');
    const entries = await this.log.search({
      ...{ audience, filters: parseAccessFilters(params), order, limit },
      from: from === null ? undefined : parseTime('from', from),
      to: to === null ? undefined : parseTime('to', to),
      cursor: cursor === null ? undefined : parseCursor(cursor),
    });
    const last = entries.length === limit ? entries.at(-1) : undefined;
    return stringify({
      accesses: entries.map((entry) => view(entry, audience)),
      ...(last && { next: pageAfter(path, params, cursorOf(last)) }),
    })!;
  }
}

/** Of other projects' downloads an image's owner learns the project, not the person, his address or his request. */
function view(entry: AccessEntry, audience: AccessQuery['audience']): object {
  const isOwn = audience === 'everything' || entry.project === audience.project;
  return {
    time: entry.at.toISOString(),
    kind: entry.kind,
    operation: entry.operation,
    status: entry.status,
    result: entry.result,
    image_id: entry.image_id,
    image_owner: entry.owner,
    actor: { user_id: isOwn ? entry.actor : null, project_id: entry.project },
    request_id: isOwn ? entry.request_id : null,
    address: isOwn ? entry.address : null,
    range: entry.range_first === null ? null : { first: entry.range_first, last: entry.range_last },
    bytes: entry.bytes,
    duration_ms: entry.ms,
    count: entry.count,
  };
}
