import { expect, it } from '@jest/globals';
import type { StoredEvent } from './lives.js';
import { expectEveryVersion, expectWellStored, replayed, StoredLife } from './stored-life.js';

interface Aggregate<State, Event> {
  /** folder of the stored life */
  readonly name: string;
  /** of each event type the schema version that is written today */
  readonly versions: Readonly<Record<string, number>>;
  /** one of these types */
  readonly example: string;
  upcast(type: string, schemaVersion: number, payload: object): Event;
  evolve(state: State | undefined, event: Event, at: Date): State;
  /** the life, as the rules write it */
  writtenToday(): StoredEvent[];
  /** files of the states that the first so many of its events lead to; all of them: `state.json` */
  readonly states?: (events: readonly StoredEvent[]) => readonly (readonly [string, readonly StoredEvent[]])[];
}

/** What has to be true of the stored life of an aggregate, whatever it is. */
export function proveLife<State, Event>({ name, versions, example, states, ...rules }: Aggregate<State, Event>): void {
  const stored = new StoredLife(name);
  const replay = (events: readonly StoredEvent[]) =>
    replayed<State>(events, (state, { type, schema_version: version, payload, recorded_at: at }) =>
      rules.evolve(state, rules.upcast(type, version, payload), new Date(at)),
    );

  it.each(Object.entries(versions))('%s has an example of every version up to %i', (type, current) => {
    expectEveryVersion([stored], type, current);
  });

  it.each(stored.examples)('$file is canonical, and what its name says', (one) => {
    expectWellStored(one);
  });

  it.each(['oldest', 'newest'] as const)(
    'the stored life leads to the stored states, each event in its %s version',
    (which) => {
      const events = stored.steps(which);
      for (const [file, first] of states?.(events) ?? [['state.json', events] as const]) {
        expect(replay(first)).toEqual(stored.state(file));
      }
    },
  );

  it('the stored life is what the rules write today: a changed shape needs a new version', () => {
    expect(rules.writtenToday()).toEqual(stored.steps('newest'));
  });

  it('an event that this release does not know is refused by name', () => {
    expect(() => rules.upcast('ImageCreated', 1, {})).toThrow('event ImageCreated, schema version 1, is newer');
    expect(() => rules.upcast(example, 2, {})).toThrow('schema version 2, is newer than this release');
  });
}
