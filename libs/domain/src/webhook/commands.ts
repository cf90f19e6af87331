import type { Actor } from '../image/policy.js';
import type { WebhookFilter } from './webhook.js';

type Command<Type extends string, Body extends object = object> = {
  readonly type: Type;
  readonly actor: Actor;
  readonly at: Date;
} & Body;

export type WebhookCommand =
  | Command<
      'CreateWebhook',
      WebhookFilter & { readonly id: string; readonly origin: string; readonly enabled: boolean }
    >
  | Command<
      'ChangeWebhook',
      {
        readonly changes: Partial<WebhookFilter & { readonly origin: string; readonly enabled: boolean }>;
        /** what the log does not know, and is new */
        readonly renewed: readonly WebhookSecret[];
      }
    >
  /** it is told everything from this position on, again */
  | Command<'ReplayWebhook', { readonly from: bigint }>
  /** so many events that it was not told in the end are tried once more */
  | Command<'RetryDeadLetters', { readonly letters: number }>
  | Command<'DeleteWebhook'>;

export type WebhookSecret = 'url' | 'secret';
