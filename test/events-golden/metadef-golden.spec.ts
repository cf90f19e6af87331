import { expect, it } from '@jest/globals';
import { evolveMetadef, metadefEventVersions, upcastMetadefEvent, type MetadefState } from '#domain';
import type { StoredEvent } from './lives.js';
import { expectEveryVersion, expectWellStored, replayed, StoredLife } from './stored-life.js';
import { metadefWrittenToday } from './metadef-life.js';

const stored = new StoredLife('metadef');

const replay = (events: readonly StoredEvent[]) =>
  replayed<MetadefState>(events, (state, { type, schema_version: version, payload, recorded_at: at }) =>
    evolveMetadef(state, upcastMetadefEvent(type, version, payload), new Date(at)),
  );

it.each(Object.entries(metadefEventVersions))('%s has an example of every version up to %i', (type, current) => {
  expectEveryVersion([stored], type, current);
});

it.each(stored.examples)('$file is canonical, and what its name says', (example) => {
  expectWellStored(example);
});

it.each(['oldest', 'newest'] as const)(
  'the stored life leads to the stored states, each event in its %s version',
  (which) => {
    const events = stored.steps(which);
    expect(replay(events.slice(0, -1))).toEqual(stored.state());
    expect(replay(events)).toEqual(stored.state('state-deleted.json'));
  },
);

it('the stored life is what the rules write today: a changed shape needs a new version', () => {
  expect(metadefWrittenToday()).toEqual(stored.steps('newest'));
});

it('an event that this release does not know is refused by name', () => {
  expect(() => upcastMetadefEvent('ImageCreated', 1, {})).toThrow('event ImageCreated, schema version 1, is newer');
  expect(() => upcastMetadefEvent('MetadefTagRenamed', 2, {})).toThrow('schema version 2, is newer than this release');
});
