import { hash } from 'node:crypto';
import type { Image } from '#domain';

const digest = (text: string) => hash('sha256', text);
/** As a UUID, which an index compares fastest: 32 hex digits. */
const label = (text: string) => digest(text).slice(0, 32);

/** What stands in `catalog.labels` for a tag. */
export const tagLabel = (tag: string): string => label(`tag:${tag}`);

/** What stands there for a property with its value; the name's digest has one length, so that no two of them are confused. */
export const propertyLabel = (name: string, value: string): string => label(digest(name) + value);

export const labelsOf = ({ tags, properties }: Image): string[] => [
  ...tags.map(tagLabel),
  ...Object.entries(properties).map(([name, value]) => propertyLabel(name, value)),
];
