import type { Change } from '../image/events.js';
import type { WebhookSecret } from './commands.js';

type Event<Type extends string, Data extends object> = { readonly type: Type; readonly data: Data };

/** Everything that can happen to a webhook; what it delivers is not among it. */
export type WebhookEvent =
  | Event<
      'WebhookCreated',
      {
        readonly id: string;
        readonly origin: string;
        readonly types: readonly string[] | null;
        readonly project: string | null;
        readonly enabled: boolean;
      }
    >
  | Event<
      'WebhookChanged',
      {
        readonly changes: {
          readonly origin?: Change<string>;
          readonly types?: Change<readonly string[] | null>;
          readonly project?: Change<string | null>;
          readonly enabled?: Change<boolean>;
        };
        readonly renewed: readonly WebhookSecret[];
      }
    >
  /** position in decimal */
  | Event<'WebhookReplayed', { readonly from: string }>
  | Event<'WebhookDeadLettersRetried', { readonly letters: number }>
  | Event<'WebhookDeleted', { readonly origin: string }>;

export const webhookEventVersions: Readonly<Record<WebhookEvent['type'], number>> = {
  WebhookCreated: 1,
  WebhookChanged: 1,
  WebhookReplayed: 1,
  WebhookDeadLettersRetried: 1,
  WebhookDeleted: 1,
};
