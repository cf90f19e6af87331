import {
  decideWebhook,
  evolveWebhook,
  webhookEventVersions,
  type Actor,
  type WebhookCommand,
  type WebhookState,
} from '#domain';
import type { StoredEvent } from './lives.js';

const admin: Actor = { userId: 'admin', projectId: 'admin', roles: ['admin', 'member', 'reader'] };

type Short<C> = C extends WebhookCommand ? Omit<C, 'actor' | 'at'> : never;

const id = '00000000-0000-4000-8000-00000000000b';

/** The life of one webhook: every event that there is. */
const life: readonly Short<WebhookCommand>[] = [
  {
    ...{ type: 'CreateWebhook', id, origin: 'https://hooks.example.org' },
    ...{ types: ['ImageActivated', 'ImageDeleted'], project: 'alpha', enabled: true },
  },
  {
    type: 'ChangeWebhook',
    changes: { origin: 'https://hooks.example.net', types: null, project: null, enabled: false },
    renewed: ['url', 'secret'],
  },
  { type: 'ChangeWebhook', changes: { enabled: true }, renewed: [] },
  { type: 'ReplayWebhook', from: 9_007_199_254_740_993n },
  { type: 'RetryDeadLetters', letters: 3 },
  { type: 'DeleteWebhook' },
];

const start = Date.parse('2026-01-02T03:04:05.678Z');

/** The rows that today's rules write for the life, one command a minute. */
export function webhookWrittenToday(): StoredEvent[] {
  const written: StoredEvent[] = [];
  let state: WebhookState;
  for (const [index, command] of life.entries()) {
    const at = new Date(start + index * 60_000);
    for (const event of decideWebhook({ ...command, actor: admin, at }, state)) {
      state = evolveWebhook(state, event, at);
      const { type, data: payload } = event;
      written.push({ type, schema_version: webhookEventVersions[type], recorded_at: at.toISOString(), payload });
    }
  }
  return written;
}
