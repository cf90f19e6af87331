import { expect, it } from '@jest/globals';
import { evolveWebhook, upcastWebhookEvent, webhookEventVersions, type WebhookState } from '#domain';
import type { StoredEvent } from './lives.js';
import { expectEveryVersion, expectWellStored, replayed, StoredLife } from './stored-life.js';
import { webhookWrittenToday } from './webhook-life.js';

const stored = new StoredLife('webhook');

const replay = (events: readonly StoredEvent[]) =>
  replayed<WebhookState>(events, (state, { type, schema_version: version, payload, recorded_at: at }) =>
    evolveWebhook(state, upcastWebhookEvent(type, version, payload), new Date(at)),
  );

it.each(Object.entries(webhookEventVersions))('%s has an example of every version up to %i', (type, current) => {
  expectEveryVersion([stored], type, current);
});

it.each(stored.examples)('$file is canonical, and what its name says', (example) => {
  expectWellStored(example);
});

it.each(['oldest', 'newest'] as const)(
  'the stored life leads to the stored state, each event in its %s version',
  (which) => {
    expect(replay(stored.steps(which))).toEqual(stored.state());
  },
);

it('the stored life is what the rules write today: a changed shape needs a new version', () => {
  expect(webhookWrittenToday()).toEqual(stored.steps('newest'));
});

it('an event that this release does not know is refused by name', () => {
  expect(() => upcastWebhookEvent('ImageCreated', 1, {})).toThrow('event ImageCreated, schema version 1, is newer');
  expect(() => upcastWebhookEvent('WebhookReplayed', 2, {})).toThrow('schema version 2, is newer than this release');
});
