import { evolveWebhook, upcastWebhookEvent, webhookEventVersions } from '#domain';
import { proveLife } from './prove-life.js';
import { webhookWrittenToday } from './webhook-life.js';

proveLife({
  name: 'webhook',
  versions: webhookEventVersions,
  example: 'WebhookReplayed',
  upcast: upcastWebhookEvent,
  evolve: evolveWebhook,
  writtenToday: webhookWrittenToday,
});
