import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Image } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import {
  change,
  completeUpload,
  create,
  exactSize,
  startUpload,
  TestCatalog,
  type ShortCommand,
} from '../catalog.spec-kit.js';
import type { Comparison, ImageFilter } from './image-list.query.js';
import { idsOf, listQuery, member, walkPages } from './image-list.spec-kit.js';

let test: TestDatabase;
let vitrine: TestCatalog;
const images: Image[] = [];

const second = (ms: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, 0, ms));

beforeAll(async () => {
  test = await createTestDatabase();
  vitrine = new TestCatalog(test.url);
  const upload = (size: bigint, virtualSize: bigint, digest: string) => (id: string) => [
    startUpload(id),
    { ...completeUpload({ size, virtualSize, md5: `md5-${digest}`, sha512: `sha512-${digest}` }), at: second(2_000) },
  ];
  await make({ name: 'a', tags: ['x'], os_distro: 'debian', 'a.b': 'it\'s "so"' }, second(0));
  await make(
    { name: 'a,b', tags: ['x', 'y'], os_distro: 'debian', os_version: '12' },
    second(500),
    upload(0n, 0n, '0'),
  );
  await make({ name: 'A', tags: ['y', 'X'], os_distro: 'Debian' }, second(999), upload(4n, 8n, '4'));
  await make({ name: null, container_format: 'ovf', min_ram: 512 }, second(1_000), upload(exactSize, exactSize, '9'));
  await make({ name: '', min_disk: 5, disk_format: 'qcow2', protected: true }, second(3_000));
  await make(
    { name: 'ä%_', owner: 'omega', visibility: 'public', tags: ['x', 'y', 'z'], disk_format: null },
    second(-1),
  );
});
afterAll(async () => {
  await vitrine.close();
  await test.drop();
});

async function make(
  attributes: Record<string, unknown>,
  at: Date,
  then: (id: string) => ShortCommand[] = () => [],
): Promise<void> {
  const id = randomUUID();
  images.push((await vitrine.run(id, create(id, { owner: 'alpha', ...attributes }, at), ...then(id))).state!);
}

const found = (image: Image, name: 'md5' | 'sha512') => image.data?.[name] ?? null;

type Case = readonly [string, readonly ImageFilter[], (image: Image) => boolean];
const text = (column: Extract<ImageFilter, { on: 'text' }>['column'], ...anyOf: string[]): ImageFilter => ({
  on: 'text',
  column,
  anyOf,
});
const property = (name: string, value: string): ImageFilter => ({ on: 'property', name, value });
const tags = (...all: string[]): ImageFilter => ({ on: 'tags', all });

const cases: readonly Case[] = [
  ['a name', [text('name', 'a')], ({ name }) => name === 'a'],
  ['a name with a comma', [text('name', 'a,b')], ({ name }) => name === 'a,b'],
  ['a name of wildcards', [text('name', 'ä%_')], ({ name }) => name === 'ä%_'],
  ['the empty name, which is not no name', [text('name', '')], ({ name }) => name === ''],
  ['any of some names', [text('name', 'a', 'A', '', 'none')], ({ name }) => ['a', 'A', ''].includes(name ?? 'null')],
  ['a status', [text('status', 'active')], ({ status }) => status === 'active'],
  ['any of some statuses', [text('status', 'queued', 'saving')], ({ status }) => status === 'queued'],
  ['a disk format', [text('disk_format', 'qcow2')], (image) => image.disk_format === 'qcow2'],
  ['any of some disk formats', [text('disk_format', 'qcow2', 'raw')], (image) => image.disk_format !== null],
  ['a container format', [text('container_format', 'ovf')], (image) => image.container_format === 'ovf'],
  ['an owner', [text('owner', 'omega')], ({ owner }) => owner === 'omega'],
  ['a checksum', [text('checksum', 'md5-4')], (image) => found(image, 'md5') === 'md5-4'],
  ['a hash', [text('os_hash_value', 'sha512-9')], (image) => found(image, 'sha512') === 'sha512-9'],
  ['what is no id', [text('id', 'name')], () => false],
  ['protected', [{ on: 'boolean', column: 'protected', value: true }], (image) => image.protected],
  ['not protected', [{ on: 'boolean', column: 'protected', value: false }], (image) => !image.protected],
  ['a property', [property('os_distro', 'debian')], ({ properties }) => properties.os_distro === 'debian'],
  [
    'two properties',
    [property('os_distro', 'debian'), property('os_version', '12')],
    ({ properties }) => properties.os_version === '12',
  ],
  ['a property of odd letters', [property('a.b', 'it\'s "so"')], ({ properties }) => 'a.b' in properties],
  ['a property that no image has', [property('none', 'debian')], () => false],
  ['a tag', [tags('x')], (image) => image.tags.includes('x')],
  ['several tags', [tags('x', 'y')], (image) => image.tags.includes('x') && image.tags.includes('y')],
  ['a tag and a name', [tags('x'), text('name', 'a')], ({ name }) => name === 'a'],
];

const holds: Readonly<Record<Comparison, (a: bigint, b: bigint) => boolean>> = {
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};
const comparisons = Object.keys(holds) as Comparison[];

async function expectList(filters: readonly ImageFilter[], matches: (image: Image) => boolean): Promise<void> {
  const expected = new Set(images.filter(matches).map(({ id }) => id));
  for (const viewer of [member('alpha'), { projectId: 'admin', isAdmin: true }]) {
    expect(new Set(idsOf(await vitrine.catalog.list(listQuery(viewer, { filters }))))).toEqual(expected);
  }
}

describe('a list filtered by', () => {
  it.each(cases)('%s', async (_, filters, matches) => expectList(filters, matches));

  it('an id, or any of some', async () => {
    const [first, second, third] = images.map(({ id }) => id) as [string, string, string];
    await expectList([text('id', first)], ({ id }) => id === first);
    await expectList([text('id', second, 'none', third)], ({ id }) => id === second || id === third);
  });

  it.each(comparisons)('a size that is %s, to the last digit, shows none without a size', async (comparison) => {
    for (const value of [0n, 4n, exactSize - 1n, exactSize, exactSize + 1n, -1n]) {
      for (const [column, sizeOf] of [
        ['size', ({ data }: Image) => data?.size],
        ['virtual_size', ({ data }: Image) => data?.virtualSize],
      ] as const) {
        const filter = { on: 'integer', column, comparison, value: value.toString() } as const;
        const matches = (image: Image) => typeof sizeOf(image) === 'bigint' && holds[comparison](sizeOf(image)!, value);
        await expectList([filter], matches);
      }
    }
  });

  it.each(comparisons)('min_disk and min_ram that are %s', async (comparison) => {
    for (const column of ['min_disk', 'min_ram'] as const) {
      const filter = { on: 'integer', column, comparison, value: '5' } as const;
      await expectList([filter], (image) => holds[comparison](BigInt(image[column]), 5n));
    }
  });

  it.each(comparisons)('times that are %s, by the whole second that the API shows', async (comparison) => {
    for (const [column, timeOf] of [
      ['created_at', ({ createdAt }: Image) => createdAt],
      ['updated_at', ({ updatedAt }: Image) => updatedAt],
    ] as const) {
      for (const value of [second(0), second(1_000), second(2_000), second(-1_000)]) {
        const wholeSecond = (time: Date) => BigInt(Math.floor(time.getTime() / 1000));
        const filter = { on: 'time', column, comparison, value } as const;
        await expectList([filter], (image) => holds[comparison](wholeSecond(timeOf(image)), wholeSecond(value)));
      }
    }
  });

  it('anything, is paged as any other', async () => {
    for (let n = 0; n < 7; n++) await make({ name: 'many', tags: ['many'] }, second(4_000));
    await vitrine.run(images.at(-1)!.id, change('os_hidden', true));
    const query = listQuery(member('alpha'), { filters: [tags('many')] });
    const expected = images.filter(({ name }) => name === 'many').slice(0, -1);
    expect((await walkPages(vitrine.catalog, query)).sort()).toEqual(expected.map(({ id }) => id).sort());
  });
});
