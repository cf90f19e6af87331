import { randomUUID } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WebhookCatalog } from '#catalog';
import type { Config } from '#config';
import { assertMayManageWebhooks } from '#domain';
import { EventStore } from '#event-store';
import { assertDownloadable } from '#image-data';
import { CONFIG, newWebhookSecret, Webhooks, WebhookSecrets } from '#platform';
import type { Call } from '../http/caller.js';
import { badRequest, Fault } from '../http/fault.js';
import type { WebhookRequest } from './webhook-request.js';

/** What is done to a webhook; without an id it is made. */
export type WebhookChange =
  | { readonly kind: 'create' | 'change'; readonly request: WebhookRequest }
  | { readonly kind: 'replay'; readonly from: bigint }
  | { readonly kind: 'retry-dead' | 'delete' };

/** The id of the webhook, and a secret that was made: nobody is told it again. */
export interface ManagedWebhook {
  readonly id: string;
  readonly secret?: string;
}

export class ManageWebhook extends Command<ManagedWebhook> {
  constructor(
    readonly id: string | undefined,
    readonly change: WebhookChange,
    readonly call: Call,
  ) {
    super();
  }
}

/** Each is a loop in a worker, and reads the log. */
const mostWebhooks = 100;

@CommandHandler(ManageWebhook)
export class ManageWebhookHandler implements ICommandHandler<ManageWebhook> {
  constructor(
    @Inject(Webhooks) private readonly webhooks: Webhooks,
    @Inject(WebhookCatalog) private readonly catalog: WebhookCatalog,
    @Inject(WebhookSecrets) private readonly secrets: WebhookSecrets,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ id = randomUUID(), change, call }: ManageWebhook): Promise<ManagedWebhook> {
    const by = { actor: call.actor, at: new Date() };
    assertMayManageWebhooks(call.actor);
    switch (change.kind) {
      case 'create':
        return this.create(id, change.request, call);
      case 'change':
        return this.change(id, change.request, call);
      case 'replay': {
        const head = await this.store.head();
        if (change.from > head + 1n) throw badRequest(`The log ends at position ${head}.`);
        const statement = this.catalog.replayStatement(id, change.from);
        await this.webhooks.execute(id, { type: 'ReplayWebhook', from: change.from, ...by }, call.cause, [statement]);
        return { id };
      }
      case 'retry-dead': {
        const letters = (await this.catalog.find(id))?.deadLetters ?? 0;
        const statement = this.catalog.retryStatement(id);
        await this.webhooks.execute(id, { type: 'RetryDeadLetters', letters, ...by }, call.cause, [statement]);
        return { id };
      }
      case 'delete':
        await this.webhooks.execute(id, { type: 'DeleteWebhook', ...by }, call.cause);
        return { id };
    }
  }

  private async create(id: string, request: WebhookRequest, { actor, cause }: Call): Promise<ManagedWebhook> {
    const { url, types = null, project = null, enabled = true } = request;
    if (url === undefined) throw badRequest('url is missing: where events are sent to.');
    await assertDownloadable(url, this.config.webhooks);
    if ((await this.catalog.list()).length >= mostWebhooks) {
      throw new Fault(409, `There are ${mostWebhooks} webhooks, and cannot be more. Delete one first.`);
    }
    const secret = request.secret ?? newWebhookSecret();
    const kept = this.catalog.keep(id, { url, secret: await this.secrets.seal(id, secret) });
    const command = { type: 'CreateWebhook', id, origin: new URL(url).origin, types, project, enabled } as const;
    await this.webhooks.execute(id, { ...command, actor, at: new Date() }, cause, [kept]);
    return { id, ...(!request.secret && { secret }) };
  }

  private async change(id: string, request: WebhookRequest, { actor, cause }: Call): Promise<ManagedWebhook> {
    const { url, types, project, enabled } = request;
    if (url !== undefined) await assertDownloadable(url, this.config.webhooks);
    const isNewUrl = url !== undefined && url !== (await this.catalog.find(id))?.url;
    const secret = request.secret === null ? newWebhookSecret() : request.secret;
    const changes = {
      ...(url !== undefined && { origin: new URL(url).origin }),
      ...(types !== undefined && { types }),
      ...(project !== undefined && { project }),
      ...(enabled !== undefined && { enabled }),
    };
    const renewed = [...(isNewUrl ? (['url'] as const) : []), ...(secret === undefined ? [] : (['secret'] as const))];
    const sealed = secret === undefined ? undefined : await this.secrets.seal(id, secret);
    const command = { type: 'ChangeWebhook', changes, renewed, actor, at: new Date() } as const;
    await this.webhooks.execute(id, command, cause, [this.catalog.keep(id, { url, secret: sealed })]);
    return { id, ...(request.secret === null && { secret: secret! }) };
  }
}
