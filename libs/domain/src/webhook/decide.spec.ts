import { describe, expect, it } from '@jest/globals';
import type { Actor } from '../image/policy.js';
import type { WebhookCommand } from './commands.js';
import { decideWebhook } from './decide.js';
import { evolveWebhook } from './evolve.js';
import type { WebhookState } from './webhook.js';

const at = new Date('2026-01-02T03:04:05Z');
const admin: Actor = { userId: 'admin', projectId: 'admin', roles: ['admin', 'member', 'reader'] };
const id = '00000000-0000-4000-8000-00000000000b';
const origin = 'https://hooks.example.org';

type Short<C> = C extends WebhookCommand ? Omit<C, 'actor' | 'at'> : never;
const create: Short<WebhookCommand> = {
  ...{ type: 'CreateWebhook', id, origin, types: ['ImageActivated'], project: null, enabled: true },
};

function after(...commands: readonly Short<WebhookCommand>[]): WebhookState {
  let state: WebhookState;
  for (const command of commands) {
    for (const event of decideWebhook({ ...command, actor: admin, at }, state)) state = evolveWebhook(state, event, at);
  }
  return state;
}
const decide = (command: Short<WebhookCommand>, state: WebhookState, actor = admin) =>
  decideWebhook({ ...command, actor, at }, state);

describe('a webhook', () => {
  it('tells what was changed from what to what, and of its secrets only that they are new', () => {
    const changes = { types: ['ImageActivated'], enabled: false, origin };
    expect(decide({ type: 'ChangeWebhook', changes, renewed: ['secret'] }, after(create))).toEqual([
      { type: 'WebhookChanged', data: { changes: { enabled: { from: true, to: false } }, renewed: ['secret'] } },
    ]);
  });

  it('that is told to be what it is does not change', () => {
    expect(decide({ type: 'ChangeWebhook', changes: { enabled: true }, renewed: [] }, after(create))).toEqual([]);
    expect(decide({ type: 'RetryDeadLetters', letters: 0 }, after(create))).toEqual([]);
    expect(decide(create, after(create))).toEqual([]);
  });

  it.each(['ReplayWebhook', 'DeleteWebhook', 'RetryDeadLetters', 'ChangeWebhook'] as const)(
    'that is not there, or no more, refuses %s',
    (type) => {
      const command = { type, from: 1n, letters: 1, changes: {}, renewed: [] } as Short<WebhookCommand>;
      for (const state of [undefined, after(create, { type: 'DeleteWebhook' })]) {
        expect(() => decide(command, state)).toThrow('webhook-not-found');
      }
    },
  );

  it('is managed by admins only, auditors and services included among the others', () => {
    for (const roles of [['member', 'reader'], ['reader'], ['service']]) {
      const actor = { ...admin, roles, isAuditor: true };
      expect(() => decide(create, undefined, actor)).toThrow('webhooks-forbidden');
      expect(() => decide({ type: 'DeleteWebhook' }, after(create), actor)).toThrow('webhooks-forbidden');
    }
  });
});
