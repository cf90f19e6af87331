import { unreachable, type Aggregate } from '../aggregate.js';
import { DomainError } from '../domain-error.js';
import { sameValue } from '../same-value.js';
import type { WebhookCommand } from './commands.js';
import { webhookEventVersions, type WebhookEvent } from './events.js';
import { evolveWebhook } from './evolve.js';
import { assertMayManageWebhooks } from './policy.js';
import { upcastWebhookEvent } from './upcast.js';
import type { WebhookState } from './webhook.js';

/** What the command changes about the webhook, or a DomainError with the rule that forbids it. */
export function decideWebhook(command: WebhookCommand, state: WebhookState): readonly WebhookEvent[] {
  assertMayManageWebhooks(command.actor);
  if (command.type === 'CreateWebhook') {
    const { id, origin, types, project, enabled } = command;
    return state ? [] : [{ type: 'WebhookCreated', data: { id, origin, types, project, enabled } }];
  }
  if (state === undefined || state.isDeleted) throw new DomainError('webhook-not-found', { id: state?.id ?? '' });
  switch (command.type) {
    case 'ChangeWebhook': {
      const { renewed } = command;
      const names = Object.keys(command.changes) as (keyof typeof command.changes)[];
      const changed = names
        .map((name) => [name, { from: state[name], to: command.changes[name] }] as const)
        .filter(([, { from, to }]) => !sameValue(from, to));
      if (changed.length === 0 && renewed.length === 0) return [];
      return [{ type: 'WebhookChanged', data: { changes: Object.fromEntries(changed), renewed } }];
    }
    case 'ReplayWebhook':
      return [{ type: 'WebhookReplayed', data: { from: command.from.toString() } }];
    case 'RetryDeadLetters':
      return command.letters > 0 ? [{ type: 'WebhookDeadLettersRetried', data: { letters: command.letters } }] : [];
    case 'DeleteWebhook':
      return [{ type: 'WebhookDeleted', data: { origin: state.origin } }];
    default:
      return unreachable(command);
  }
}

export const webhookAggregate: Aggregate<WebhookState, WebhookCommand, WebhookEvent> = {
  name: 'webhook',
  initial: undefined,
  decide: decideWebhook,
  evolve: evolveWebhook,
  schemaVersions: webhookEventVersions,
  upcast: upcastWebhookEvent,
};
