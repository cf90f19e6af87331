import { ListDeadLettersHandler, ListWebhooksHandler, ShowWebhookHandler } from './list-webhooks.handler.js';
import { ManageWebhookHandler } from './manage-webhook.handler.js';
import { WebhooksController } from './webhooks.controller.js';

export const webhooks = {
  controllers: [WebhooksController],
  handlers: [ListDeadLettersHandler, ListWebhooksHandler, ManageWebhookHandler, ShowWebhookHandler],
};
