import { readdirSync, readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import { describe, expect, it } from '@jest/globals';
import { evolve, imageEventVersions, upcastImageEvent, type ImageState } from '#domain';
import { lives, writtenToday, type StoredEvent } from './lives.js';

/**
 * Lives of images as the log holds them, `<life>/<step>-<type>.v<schema version>.json`, and the states that they lead
 * to. What is stored is never changed: a new shape of an event gets the next version, an example of it beside the old
 * one of the same step, and an upcaster.
 */
const golden = new URL('../../../test/events-golden/', import.meta.url);

interface Example {
  readonly life: string;
  readonly file: string;
  readonly step: number;
  readonly text: string;
  readonly event: StoredEvent;
}

const names = Object.keys(lives) as (keyof typeof lives)[];
const examples = names.flatMap((life) =>
  readdirSync(new URL(`${life}/`, golden))
    .filter((file) => file !== 'state.json')
    .sort()
    .map((file): Example => {
      const text = readFileSync(new URL(`${life}/${file}`, golden), 'utf8');
      return { life, file, step: parseInt(file), text, event: JSON.parse(text) as StoredEvent };
    }),
);

/** One example a step: its oldest version, or its newest. */
function stepsOf(life: string, which: 'oldest' | 'newest'): StoredEvent[] {
  const steps = new Map<number, StoredEvent>();
  for (const { step, event } of examples.filter((example) => example.life === life)) {
    const known = steps.get(step);
    const isOlder = known !== undefined && known.schema_version < event.schema_version;
    if (!known || isOlder === (which === 'newest')) steps.set(step, event);
  }
  return [...steps.values()];
}

function replay(events: readonly StoredEvent[]): unknown {
  let state: ImageState;
  for (const { type, schema_version: version, payload, recorded_at: at } of events) {
    state = evolve(state, upcastImageEvent(type, version, payload), new Date(at));
  }
  const plain = JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return JSON.parse(plain);
}

it.each(Object.entries(imageEventVersions))('%s has an example of every version up to %i', (type, current) => {
  const versions = examples.map(({ event }) => event).filter((event) => event.type === type);
  const expected = Array.from({ length: current }, (_, index) => index + 1);
  expect([...new Set(versions.map((event) => event.schema_version))].sort()).toEqual(expected);
});

it.each(examples.map(({ life, file }) => [life, file] as const))(
  '%s/%s is canonical, and what its name says',
  (life, file) => {
    const { step, text, event } = examples.find((example) => example.life === life && example.file === file)!;
    expect(text).toBe(`${canonicalize(event)}\n`);
    expect(file).toBe(`${String(step).padStart(2, '0')}-${event.type}.v${event.schema_version}.json`);
  },
);

describe.each(names)('the stored life "%s"', (life) => {
  it.each(['oldest', 'newest'] as const)('leads to the stored state, each event in its %s version', (which) => {
    const state: unknown = JSON.parse(readFileSync(new URL(`${life}/state.json`, golden), 'utf8'));
    expect(replay(stepsOf(life, which))).toEqual(state);
  });

  it('is what the rules write today: a changed shape needs a new version', () => {
    expect(writtenToday(lives[life])).toEqual(stepsOf(life, 'newest'));
  });
});

describe('an event that this release does not know is refused by name', () => {
  it.each([
    ['an unknown type', 'ImageSigned', 1],
    ['a type that is the name of something else', 'constructor', 1],
    ['a newer version', 'ImageCreated', imageEventVersions.ImageCreated + 1],
  ])('%s', (_, type, version) => {
    const message = `event ${type}, schema version ${version}, is newer than this release of Vitrine`;
    expect(() => upcastImageEvent(type, version, {})).toThrow(message);
  });

  it('a version that no upcaster lifts', () => {
    expect(() => upcastImageEvent('ImageCreated', 0, {})).toThrow('no upcaster for ImageCreated from schema version 0');
  });
});
