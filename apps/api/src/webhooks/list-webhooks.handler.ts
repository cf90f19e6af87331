import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { letterStatuses, WebhookCatalog } from '#catalog';
import { assertMayManageWebhooks, DomainError, type Actor } from '#domain';
import { assertKnown, parsePosition } from '../history/history-params.js';
import { pageLink } from '../http/page-link.js';
import { parseLimit, word } from '../http/page-params.js';
import { letterView, webhooksPath, webhookView } from './webhook-views.js';

const defaultLimit = 25;
const mostLetters = 1_000;

export class ShowWebhook extends Query<object> {
  constructor(
    readonly id: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowWebhook)
export class ShowWebhookHandler implements IQueryHandler<ShowWebhook> {
  constructor(@Inject(WebhookCatalog) private readonly catalog: WebhookCatalog) {}

  async execute({ id, actor }: ShowWebhook): Promise<object> {
    assertMayManageWebhooks(actor);
    const webhook = await this.catalog.find(id);
    if (!webhook) throw new DomainError('webhook-not-found', { id });
    return webhookView(webhook);
  }
}

export class ListWebhooks extends Query<object> {
  constructor(readonly actor: Actor) {
    super();
  }
}

@QueryHandler(ListWebhooks)
export class ListWebhooksHandler implements IQueryHandler<ListWebhooks> {
  constructor(@Inject(WebhookCatalog) private readonly catalog: WebhookCatalog) {}

  async execute({ actor }: ListWebhooks): Promise<object> {
    assertMayManageWebhooks(actor);
    return { webhooks: (await this.catalog.list()).map(webhookView) };
  }
}

/** What a webhook was not told in the end; `search` is the request's query string. */
export class ListDeadLetters extends Query<object> {
  constructor(
    readonly id: string,
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListDeadLetters)
export class ListDeadLettersHandler implements IQueryHandler<ListDeadLetters> {
  constructor(@Inject(WebhookCatalog) private readonly catalog: WebhookCatalog) {}

  async execute({ id, search, actor }: ListDeadLetters): Promise<object> {
    assertMayManageWebhooks(actor);
    if (!(await this.catalog.find(id))) throw new DomainError('webhook-not-found', { id });
    const params = new URLSearchParams(search);
    assertKnown(params, ['status', 'limit', 'marker']);
    const status = word('status', params.get('status') ?? 'dead', letterStatuses);
    const limit = Math.min(parseLimit(params.get('limit') ?? undefined, 1) ?? defaultLimit, mostLetters);
    const letters = await this.catalog.letters(id, status, parsePosition('marker', params.get('marker') ?? '0'), limit);
    const last = letters.length === limit ? letters.at(-1) : undefined;
    return {
      deliveries: letters.map(letterView),
      ...(last && { next: pageLink(`${webhooksPath}/${id}/deliveries`, params, last.position.toString()) }),
    };
  }
}
