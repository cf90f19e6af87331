import { upcast, type Upcasters } from '../upcasting.js';
import { webhookEventVersions, type WebhookEvent } from './events.js';

const upcasters: Upcasters = {};

/** @throws Error for a type or version that this release does not know */
export function upcastWebhookEvent(type: string, schemaVersion: number, data: object): WebhookEvent {
  return upcast<WebhookEvent>(webhookEventVersions, upcasters, { type, schemaVersion, data });
}
