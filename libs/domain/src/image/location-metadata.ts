import { invalid, show, text } from '../values.js';
import type { LocationMetadata } from './image.js';

/** Characters of all names and texts, and levels: enough for what clients say of a location, and no way to fill the log. */
const bounds = { characters: 10_000, depth: 5 };

/**
 * Texts, and lists and objects of them, as Glance's stores take them. `store` is left out: which one it is follows from
 * the address. @throws DomainError invalid-attribute
 */
export function parseLocationMetadata(value: unknown): LocationMetadata {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    invalid('locations', `metadata ${show(value)} is not an object`);
  }
  let characters = 0;
  const parse = (one: unknown, depth: number): unknown => {
    if (depth > bounds.depth) invalid('locations', `metadata has more than ${bounds.depth} levels`);
    if (Array.isArray(one)) return one.map((item) => parse(item, depth + 1));
    if (typeof one === 'object' && one !== null) {
      return Object.fromEntries(Object.entries(one).map(([name, item]) => [string(name), parse(item, depth + 1)]));
    }
    return string(one);
  };
  const string = (one: unknown): string => {
    const said = text('locations', one, bounds.characters);
    characters += said.length;
    if (characters > bounds.characters) invalid('locations', `metadata has more than ${bounds.characters} characters`);
    return said;
  };
  const { store: _store, ...metadata } = parse(value, 0) as Record<string, unknown>;
  return metadata;
}
