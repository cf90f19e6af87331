import { unreachable } from '../aggregate.js';
import { DomainError } from '../domain-error.js';
import { sameValue } from '../same-value.js';
import { invalid, show, text } from '../values.js';
import { assertWithin, type ImageLimits } from './attributes.js';
import type { GivenLocation, LocationChange } from './commands.js';
import { change, missingFormats, needs } from './data-rules.js';
import type { ImageEvent } from './events.js';
import { locationsOf, type BlobRef, type Image, type ImageData, type Location } from './image.js';
import { parseLocationMetadata } from './location-metadata.js';
import { assertMay, type Actor } from './policy.js';

/** What a PATCH makes of the locations until all of its operations have passed. */
export interface LocationsDraft {
  readonly locations: readonly Location[];
  /** null until there is a location */
  readonly data: ImageData | null;
}

export const locationsDraft = (image: Image): LocationsDraft => ({ locations: locationsOf(image), data: image.data });

export function draftLocations(
  { locations, data }: LocationsDraft,
  operation: LocationChange,
  image: Image,
  actor: Actor,
  limits: ImageLimits,
): LocationsDraft {
  switch (operation.op) {
    case 'add-location': {
      const { index, location } = operation;
      assertOpen(image);
      const added = parsed(location);
      if (isIn(locations)(added)) invalid('locations', 'this one is there already');
      assertWithin('locations', locations.length + 1, limits);
      return {
        locations: locations.toSpliced(index ?? locations.length, 0, added),
        data: dataAt([location], data),
      };
    }
    case 'replace-locations': {
      const given = operation.locations.map(parsed);
      if (given.length === 0) throw new DomainError('attribute-not-removable', { attribute: 'locations' });
      assertOpen(image);
      if (given.some((one, index) => isIn(given.slice(index + 1))(one))) invalid('locations', 'one is there twice');
      if (locations.length === 0) assertWithin('locations', given.length, limits);
      else if (given.length !== locations.length || !given.every(isIn(locations))) {
        invalid(
          'locations',
          'the ones of the image can get other metadata and another order, but no others their place',
        );
      }
      return { locations: given, data: dataAt(operation.locations, data) };
    }
    case 'remove-location': {
      assertMay('remove locations of', actor, image);
      if (image.status !== 'active') needs(image, 'remove locations of', 'status active');
      const index = operation.index ?? locations.length - 1;
      const removed = locations[index];
      if (!removed) invalid('locations', `there is none at ${index}`);
      if (locations.length === 1) throw new DomainError('last-copy', { id: image.id, store: removed.store });
      return { locations: locations.toSpliced(index, 1), data };
    }
    default:
      return unreachable(operation);
  }
}

/** What the draft changes; with its first location a queued image is active. `formats`: as the same PATCH sets them. */
export function locationEvents(
  image: Image,
  { locations: to, data }: LocationsDraft,
  formats: Parameters<typeof missingFormats>[0],
): ImageEvent[] {
  const from = locationsOf(image);
  if (sameValue(from, to)) return [];
  const isNew = image.data === null && data !== null;
  const registered = isNew ? { size: data.size.toString(), md5: data.md5, sha512: data.sha512 } : null;
  const changed: ImageEvent = { type: 'ImageLocationsChanged', data: { from, to, data: registered } };
  if (image.status !== 'queued') return [changed];
  const missing = missingFormats(formats);
  if (missing) throw new DomainError('formats-unset', { id: image.id, missing });
  return [changed, { type: 'ImageActivated', data: { status: change(image, 'active') } }];
}

function assertOpen(image: Image): void {
  if (image.status !== 'queued' && image.status !== 'active') {
    needs(image, 'set locations of', 'status queued or active');
  }
}

function isIn(places: readonly BlobRef[]): (one: BlobRef) => boolean {
  return ({ store, key }) => places.some((place) => place.store === store && place.key === key);
}

const parsed = ({ store, key, metadata }: GivenLocation): Location => ({
  store,
  key: text('locations', key, Number.MAX_SAFE_INTEGER),
  metadata: parseLocationMetadata(metadata),
});

/** What is known of the image's data once it lies at these places, too: the same everywhere. */
function dataAt(given: readonly GivenLocation[], known: ImageData | null): ImageData {
  const said = agreed(given);
  const sizes = given.flatMap(({ size }) => (size === null ? [] : [size]));
  const size = known?.size ?? sizes[0];
  if (size === undefined) return invalid('locations', 'the size of the data is not known');
  const other = sizes.find((one) => one !== size);
  if (other !== undefined) invalid('locations', `the data there has ${other} bytes, not ${size}`);
  if (!known) return { size, virtualSize: null, ...digestsOf(said) };
  assertKnown(said, known);
  return known;
}

type Said = ReadonlyMap<string, string>;

/** What is said of the data, in one voice. */
function agreed(given: readonly GivenLocation[]): Said {
  const said = new Map<string, string>();
  for (const { validation } of given) {
    for (const [what, value] of Object.entries(validation ?? {})) {
      if ((said.get(what) ?? value) !== value) mismatch(what, 'there are different values for it');
      said.set(what, value);
    }
  }
  return new Map([...said].map(([what, value]) => [what, value.toLowerCase()]));
}

function assertKnown(said: Said, { md5, sha512 }: ImageData): void {
  const known = new Map([
    ['checksum', md5],
    ['os_hash_algo', sha512 && 'sha512'],
    ['os_hash_value', sha512],
  ]);
  for (const [what, value] of said) {
    const before = known.get(what) ?? null;
    if (before === null) mismatch(what, 'new values can be given only while the image is queued');
    if (before !== value) mismatch(what, 'the image has another');
  }
}

function digestsOf(said: Said): Pick<ImageData, 'md5' | 'sha512'> {
  if (said.size === 0) return { md5: null, sha512: null };
  const algorithm = said.get('os_hash_algo');
  if (algorithm !== 'sha512') mismatch('os_hash_algo', `it must be sha512, not ${show(algorithm)}`);
  return { md5: said.has('checksum') ? hex(said, 'checksum', 32) : null, sha512: hex(said, 'os_hash_value', 128) };
}

function hex(said: Said, what: string, digits: number): string {
  const value = said.get(what) ?? '';
  if (value.length !== digits || !/^[0-9a-f]*$/.test(value)) mismatch(what, `it must be ${digits} hexadecimal digits`);
  return value;
}

function mismatch(what: string, problem: string): never {
  throw new DomainError('data-mismatch', { what, problem });
}
