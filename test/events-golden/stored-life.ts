import { readdirSync, readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import { expect } from '@jest/globals';
import type { StoredEvent } from './lives.js';

interface StoredExample {
  readonly file: string;
  readonly step: number;
  readonly text: string;
  readonly event: StoredEvent;
}

/**
 * The life of one stream as the log holds it, `<step>-<type>.v<schema version>.json` in a folder, and the states that it
 * leads to. What is stored is never changed: a new shape of an event gets the next version, an example of it beside the old
 * one of the same step, and an upcaster.
 */
export class StoredLife {
  private readonly folder: URL;
  readonly examples: readonly StoredExample[];

  constructor(name: string) {
    this.folder = new URL(`../../../test/events-golden/${name}/`, import.meta.url);
    this.examples = readdirSync(this.folder)
      .filter((file) => /\.v\d+\.json$/.test(file))
      .sort()
      .map((file) => {
        const text = this.read(file);
        return { file, step: parseInt(file), text, event: JSON.parse(text) as StoredEvent };
      });
  }

  /** One example a step: its oldest version, or its newest. */
  steps(which: 'oldest' | 'newest'): StoredEvent[] {
    const chosen = new Map<number, StoredEvent>();
    for (const { step, event } of this.examples) {
      const known = chosen.get(step);
      if (!known || known.schema_version < event.schema_version === (which === 'newest')) chosen.set(step, event);
    }
    return [...chosen.values()];
  }

  state(file = 'state.json'): unknown {
    return JSON.parse(this.read(file));
  }

  private read(file: string): string {
    return readFileSync(new URL(file, this.folder), 'utf8');
  }
}

/** Canonical, and what its name says. */
export function expectWellStored({ file, step, text, event }: StoredExample): void {
  expect(text).toBe(`${canonicalize(event)}\n`);
  expect(file).toBe(`${String(step).padStart(2, '0')}-${event.type}.v${event.schema_version}.json`);
}

/** In any of the lives. */
export function expectEveryVersion(lives: readonly StoredLife[], type: string, current: number): void {
  const events = lives.flatMap(({ examples }) => examples.map(({ event }) => event));
  const versions = events.filter((event) => event.type === type).map((event) => event.schema_version);
  expect([...new Set(versions)].sort()).toEqual(Array.from({ length: current }, (_, index) => index + 1));
}

/** The state after the events, as JSON has it. */
export function replayed<State>(
  events: readonly StoredEvent[],
  evolve: (state: State | undefined, event: StoredEvent) => State,
): unknown {
  const state = events.reduce<State | undefined>(evolve, undefined);
  const plain = JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return JSON.parse(plain);
}
