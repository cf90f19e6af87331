import { describe, expect, it } from '@jest/globals';
import type { DomainErrorCode } from '../domain-error.js';
import type { GivenLocation, LocationChange } from './commands.js';
import { locationsOf } from './image.js';
import {
  active,
  admin,
  bob,
  create,
  found,
  given,
  id,
  image,
  refused,
  rita,
  type ShortCommand,
} from './image.spec-kit.js';

const place = (name: string, more: Partial<GivenLocation> = {}): GivenLocation => ({
  ...{ store: 'web', key: `https://h/${name}`, metadata: {}, size: 4n, validation: null },
  ...more,
});
const sha512 = 'ab'.repeat(64);
const md5 = 'cd'.repeat(16);
const digests = { os_hash_algo: 'sha512', os_hash_value: sha512 };
const change = (...changes: LocationChange[]): ShortCommand => ({ type: 'ChangeImage', changes });
const add = (location: GivenLocation, index: number | null = null) => change({ op: 'add-location', index, location });
const replace = (...locations: GivenLocation[]) => change({ op: 'replace-locations', locations });
const remove = (index: number | null): ShortCommand => ({ ...change({ op: 'remove-location', index }), actor: admin });
const namesOf = (...commands: ShortCommand[]) =>
  locationsOf(image(...commands)).map(({ key }) => key.replace('https://h/', ''));

describe('the first location', () => {
  it('makes a queued image active, with the size that its server says and nothing else known', () => {
    expect(given(create()).when(add(place('a', { metadata: { speed: 'slow' } })))).toEqual([
      {
        type: 'ImageLocationsChanged',
        data: {
          from: [],
          to: [{ store: 'web', key: 'https://h/a', metadata: { speed: 'slow' } }],
          data: { size: '4', md5: null, sha512: null },
        },
      },
      { type: 'ImageActivated', data: { status: { from: 'queued', to: 'active' } } },
    ]);
    expect(image(create(), add(place('a'))).data).toEqual({ size: 4n, virtualSize: null, md5: null, sha512: null });
  });

  it('brings the digests that are said of it', () => {
    const validation = { checksum: md5.toUpperCase(), ...digests };
    expect(image(create(), add(place('a', { validation }))).data).toMatchObject({ md5, sha512 });
    expect(image(create(), add(place('a', { validation: digests }))).data).toMatchObject({ md5: null, sha512 });
  });

  it('needs both formats, which the same patch may set', () => {
    const bare: ShortCommand = { type: 'CreateImage', id, attributes: { container_format: 'bare' } };
    expect(() => given(bare).when(add(place('a')))).toThrow(refused('formats-unset'));
    const format = { op: 'replace', attribute: 'disk_format', value: 'raw' } as const;
    const both: ShortCommand = {
      type: 'ChangeImage',
      changes: [{ op: 'add-location', index: null, location: place('a') }, format],
    };
    expect(image(bare, both)).toMatchObject({ status: 'active', disk_format: 'raw' });
  });

  it.each<[string, Partial<GivenLocation>, DomainErrorCode]>([
    ['of an unknown size', { size: null }, 'invalid-attribute'],
    ['whose metadata is a number', { metadata: { n: 5 } }, 'invalid-attribute'],
    ['whose metadata is a list', { metadata: [] }, 'invalid-attribute'],
    ['whose metadata is too deep', { metadata: { a: { b: { c: { d: { e: { f: 'x' } } } } } } }, 'invalid-attribute'],
    ['whose metadata is too long', { metadata: { a: 'x'.repeat(6_000), b: 'x'.repeat(6_000) } }, 'invalid-attribute'],
    ['with another algorithm', { validation: { ...digests, os_hash_algo: 'sha256' } }, 'data-mismatch'],
    ['with half a digest', { validation: { ...digests, os_hash_value: 'ab' } }, 'data-mismatch'],
    ['with a checksum of other letters', { validation: { ...digests, checksum: 'x'.repeat(32) } }, 'data-mismatch'],
  ])('%s is refused', (_, more, code) => {
    expect(() => given(create()).when(add(place('a', more)))).toThrow(refused(code));
  });
});

describe('more locations', () => {
  const two = [create(), add(place('a')), add(place('b'))];

  it('come where their number says, or at the end', () => {
    expect(namesOf(...two)).toEqual(['a', 'b']);
    expect(namesOf(...two, add(place('c'), 0))).toEqual(['c', 'a', 'b']);
    expect(namesOf(...two, add(place('c'), 1))).toEqual(['a', 'c', 'b']);
    expect(namesOf(...two, add(place('c'), 99))).toEqual(['a', 'b', 'c']);
    expect(namesOf(...active(), add(place('a'), 0))).toEqual(['a', `${id}/a1`]);
  });

  it('are told as one change of the list, and change nothing about the status', () => {
    expect(given(...two).when(change({ op: 'add-location', index: null, location: place('c') }))).toMatchObject([
      { type: 'ImageLocationsChanged', data: { from: [{}, {}], to: [{}, {}, {}], data: null } },
    ]);
  });

  it('may be told what is known already, and nothing else', () => {
    const known = [create(), add(place('a', { validation: { checksum: md5, ...digests } }))];
    const second = (validation: object) => add(place('c', { validation: { ...digests, ...validation } }));
    expect(given(...known).when(second({ checksum: md5 }))).toHaveLength(1);
    for (const other of [{ checksum: 'ef'.repeat(16) }, { os_hash_value: 'cd'.repeat(64) }, { os_hash_algo: 'sha256' }])
      expect(() => given(...known).when(second(other))).toThrow(refused('data-mismatch'));
    expect(() => given(...two).when(second({}))).toThrow(refused('data-mismatch'));
    const differing = [
      place('a', { validation: digests }),
      place('b', { validation: { ...digests, os_hash_value: 'x' } }),
    ];
    expect(() => given(create()).when(replace(...differing))).toThrow(refused('data-mismatch'));
  });

  it.each<[string, GivenLocation]>([
    ['the same again', place('b')],
    ['one of another size', place('c', { size: 5n })],
  ])('are not %s', (_, location) => {
    expect(() => given(...two).when(add(location))).toThrow(refused('invalid-attribute'));
  });

  it('are not more than the quota', () => {
    const limits = { properties: 1, tags: 1, members: 1, locations: 2 };
    expect(() => given(...two).when(add(place('c')), limits)).toThrow(refused('limit-exceeded'));
    expect(() => given(create()).when(replace(place('a'), place('b'), place('c')), limits)).toThrow(
      refused('limit-exceeded'),
    );
    expect(given(...two).when(add(place('c')), { ...limits, locations: -1 })).toHaveLength(1);
  });
});

describe('replacing the list', () => {
  const two = [create(), replace(place('a'), place('b'))];

  it('sets it where there is none', () => {
    expect(image(...two).status).toBe('active');
    expect(namesOf(...two)).toEqual(['a', 'b']);
  });

  it('gives the same ones other metadata and another order', () => {
    const [a, b] = [place('a', { size: null, metadata: { date: 'today' } }), place('b', { size: null })];
    expect(locationsOf(image(...two, replace(b, a)))).toMatchObject([
      { key: 'https://h/b', metadata: {} },
      { key: 'https://h/a', metadata: { date: 'today' } },
    ]);
    expect(given(...two).when(replace(place('a', { metadata: { store: 'web' } }), b))).toEqual([]);
  });

  it.each<[string, GivenLocation[], DomainErrorCode]>([
    ['with fewer', [place('a')], 'invalid-attribute'],
    ['with others', [place('a'), place('c')], 'invalid-attribute'],
    ['with one twice', [place('a'), place('a')], 'invalid-attribute'],
    ['with none', [], 'attribute-not-removable'],
  ])('is refused %s', (_, locations, code) => {
    expect(() => given(...two).when(replace(...locations))).toThrow(refused(code));
  });
});

describe('removing a location', () => {
  const two = [create(), replace(place('a'), place('b'))];

  it('dooms it, and the others keep their order', () => {
    expect(namesOf(...two, remove(0))).toEqual(['b']);
    expect(namesOf(...two, remove(null))).toEqual(['a']);
    expect(image(...two, remove(0)).blobs).toMatchObject([
      { key: 'https://h/a', state: 'doomed' },
      { key: 'https://h/b', state: 'live' },
    ]);
    expect(namesOf(...two, remove(0), add(place('a')))).toEqual(['b', 'a']);
    expect(image(...two, remove(0), add(place('a'))).blobs).toHaveLength(2);
  });

  it('is for those who write, and never of the last one', () => {
    expect(() => given(...two).when({ ...remove(0), actor: rita })).toThrow(refused('forbidden'));
    expect(() => given(...two, remove(0)).when(remove(0))).toThrow(refused('last-copy'));
    expect(() => given(...two).when(remove(2))).toThrow(refused('invalid-attribute'));
    expect(() => given(create()).when(remove(0))).toThrow(refused('wrong-status'));
  });
});

describe('setting locations', () => {
  it('is for those who may write the image, while it is queued or active', () => {
    expect(() => given(create()).when({ ...add(place('a')), actor: rita })).toThrow(refused('forbidden'));
    expect(() => given(create()).when({ ...add(place('a')), actor: bob })).toThrow(refused('image-not-found'));
    const saving = active().slice(0, 2);
    expect(() => given(...saving).when(add(place('a')))).toThrow(refused('wrong-status'));
    expect(() => given(...active(), { type: 'DeactivateImage' }).when(add(place('a')))).toThrow(
      refused('wrong-status'),
    );
    expect(given(...active()).when(add(place('a', { size: found.size })))).toHaveLength(1);
  });
});
