import { describe, expect, it } from '@jest/globals';
import { evolve, imageEventVersions, upcastImageEvent, type ImageState } from '#domain';
import { lives, writtenToday, type StoredEvent } from './lives.js';
import { expectEveryVersion, expectWellStored, replayed, StoredLife } from './stored-life.js';

const names = Object.keys(lives) as (keyof typeof lives)[];
const stored = Object.fromEntries(names.map((life) => [life, new StoredLife(life)])) as Record<
  keyof typeof lives,
  StoredLife
>;

const replay = (events: readonly StoredEvent[]) =>
  replayed<ImageState>(events, (state, { type, schema_version: version, payload, recorded_at: at }) =>
    evolve(state, upcastImageEvent(type, version, payload), new Date(at)),
  );

it.each(Object.entries(imageEventVersions))('%s has an example of every version up to %i', (type, current) => {
  expectEveryVersion(Object.values(stored), type, current);
});

describe.each(names)('the stored life "%s"', (life) => {
  it.each(stored[life].examples)('$file is canonical, and what its name says', (example) => {
    expectWellStored(example);
  });

  it.each(['oldest', 'newest'] as const)('leads to the stored state, each event in its %s version', (which) => {
    expect(replay(stored[life].steps(which))).toEqual(stored[life].state());
  });

  it('is what the rules write today: a changed shape needs a new version', () => {
    expect(writtenToday(lives[life])).toEqual(stored[life].steps('newest'));
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
