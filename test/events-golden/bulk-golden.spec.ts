import { readdirSync, readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import { expect, it } from '@jest/globals';
import { evolveBulkImport, bulkImportEventVersions, upcastBulkImportEvent, type BulkImportState } from '#domain';
import type { StoredEvent } from './lives.js';
import { bulkWrittenToday } from './bulk-life.js';

/**
 * The life of a bulk import as the log holds it, `<step>-<type>.v<schema version>.json`, and the state that it leads to. What is stored is never changed: a new shape of an event gets the next version, an example of it beside
 * the old one of the same step, and an upcaster.
 */
const golden = new URL('../../../test/events-golden/bulk/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, golden), 'utf8');

const files = readdirSync(golden)
  .filter((file) => /\.v\d+\.json$/.test(file))
  .sort();
const examples = files.map((file) => ({ file, step: parseInt(file), event: JSON.parse(read(file)) as StoredEvent }));

/** One example a step: its oldest version, or its newest. */
function steps(which: 'oldest' | 'newest'): StoredEvent[] {
  const chosen = new Map<number, StoredEvent>();
  for (const { step, event } of examples) {
    const known = chosen.get(step);
    if (!known || known.schema_version < event.schema_version === (which === 'newest')) chosen.set(step, event);
  }
  return [...chosen.values()];
}

function replay(events: readonly StoredEvent[]): unknown {
  let state: BulkImportState;
  for (const { type, schema_version: version, payload, recorded_at: at } of events) {
    state = evolveBulkImport(state, upcastBulkImportEvent(type, version, payload), new Date(at));
  }
  return JSON.parse(JSON.stringify(state));
}

it.each(Object.entries(bulkImportEventVersions))('%s has an example of every version up to %i', (type, current) => {
  const versions = examples.filter(({ event }) => event.type === type).map(({ event }) => event.schema_version);
  expect([...new Set(versions)].sort()).toEqual(Array.from({ length: current }, (_, index) => index + 1));
});

it.each(examples)('$file is canonical, and what its name says', ({ file, step, event }) => {
  expect(read(file)).toBe(`${canonicalize(event)}\n`);
  expect(file).toBe(`${String(step).padStart(2, '0')}-${event.type}.v${event.schema_version}.json`);
});

it.each(['oldest', 'newest'] as const)(
  'the stored life leads to the stored state, each event in its %s version',
  (which) => {
    expect(replay(steps(which))).toEqual(JSON.parse(read('state.json')));
  },
);

it('the stored life is what the rules write today: a changed shape needs a new version', () => {
  expect(bulkWrittenToday()).toEqual(steps('newest'));
});

it('an event that this release does not know is refused by name', () => {
  expect(() => upcastBulkImportEvent('ImageCreated', 1, {})).toThrow('event ImageCreated, schema version 1, is newer');
  expect(() => upcastBulkImportEvent('BulkImportPaused', 2, {})).toThrow(
    'schema version 2, is newer than this release',
  );
});
