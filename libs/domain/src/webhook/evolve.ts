import { unreachable } from '../aggregate.js';
import type { WebhookEvent } from './events.js';
import type { Webhook, WebhookState } from './webhook.js';

/** The webhook after the event. Never refuses: what is in the log has happened. */
export function evolveWebhook(state: WebhookState, event: WebhookEvent, at: Date): Webhook {
  if (event.type === 'WebhookCreated') return { ...event.data, isDeleted: false, createdAt: at, updatedAt: at };
  if (state === undefined) throw new Error(`${event.type} before WebhookCreated`);
  switch (event.type) {
    case 'WebhookChanged': {
      const changed = Object.entries(event.data.changes).map(([name, { to }]) => [name, to] as const);
      return { ...state, ...(Object.fromEntries(changed) as Partial<Webhook>), updatedAt: at };
    }
    case 'WebhookReplayed':
    case 'WebhookDeadLettersRetried':
      return state;
    case 'WebhookDeleted':
      return { ...state, isDeleted: true, updatedAt: at };
    default:
      return unreachable(event);
  }
}
