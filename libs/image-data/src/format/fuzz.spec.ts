import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as make from '../../../../test/services/built-images.js';
import { cutsOf, inspect, inspectInPiecesOf } from './inspection.spec-kit.js';

/** TEST_FUZZ_CASES=100000 npm test -- libs/image-data/src/format/fuzz */
const cases = Number(process.env.TEST_FUZZ_CASES ?? 5_000);
const milliseconds = 60_000 + cases * 20;

const { footerAt, vhdxAt } = make;
const seeds: Readonly<Record<string, Buffer>> = {
  ...make.sound,
  qed: make.qed(),
  'text of a vmdk': Buffer.from(make.soundDescriptor),
  gzip: make.bytesOf(600, [0, '\x1f\x8b\x08']),
};
/** Where each has its fields; of the others it is the first 600 bytes. */
const fields: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>> = {
  vmdk: [
    [0, 80],
    [512, 700],
  ],
  'vmdk with footer': [
    [0, 80],
    [512, 700],
    [footerAt, footerAt + 600],
  ],
  'vhd fixed': [[1536, 1620]],
  'vhd dynamic': [
    [0, 90],
    [1536, 1620],
  ],
  vhdx: [
    [0, 16],
    [vhdxAt.table, vhdxAt.table + 96],
    [vhdxAt.copy, vhdxAt.copy + 96],
    [vhdxAt.metadata, vhdxAt.metadata + 128],
    [vhdxAt.parameters, vhdxAt.parameters + 16],
  ],
  iso: [
    [0x8000, 0x8090],
    [500, 520],
  ],
};

/** Numbers that mean something somewhere: none, all, the largest signed ones, sizes of sectors and of what is looked at. */
const telling = fc
  .constantFrom(0n, 1n, 2n, 3n, 4n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n)
  .chain((value) => fc.constantFrom(Buffer.from(word(value, true)), Buffer.from(word(value, false))));
const words = fc.constantFrom(
  ...[
    '# ',
    'createType="',
    'RW 1 FLAT "/x" 0',
    'parentFileNameHint="x"',
    '\n',
    '\0',
    '\xff',
    'version=1\n',
    'conectix',
  ],
);
const mutation = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 24 }),
  telling,
  words.map((text) => Buffer.from(text, 'latin1')),
);

function word(value: bigint, isLittle: boolean): Buffer {
  const bytes = Buffer.alloc(8);
  if (isLittle) bytes.writeBigUInt64LE(value);
  else bytes.writeBigUInt64BE(value);
  return bytes;
}

type Hostile = typeof hostile extends fc.Arbitrary<infer File> ? File : never;

const hostile = fc.constantFrom(...Object.keys(seeds)).chain((name) => {
  const seed = seeds[name]!;
  const place = fc.oneof(...(fields[name] ?? [[0, 600]]).map(([min, max]) => fc.integer({ min, max: max - 1 })));
  return fc.record({
    name: fc.constant(name),
    patches: fc.array(fc.tuple(fc.oneof({ weight: 9, arbitrary: place }, fc.nat(seed.length)), mutation), {
      minLength: 1,
      maxLength: 6,
    }),
    /** the file may end earlier, or hold the beginning of another one behind */
    end: fc.oneof({ weight: 4, arbitrary: fc.constant(seed.length) }, fc.nat(seed.length)),
    behind: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, fc.constantFrom(...Object.keys(seeds))),
  });
});

function built({ name, patches, end, behind }: Hostile): Buffer {
  const bytes = Buffer.from(seeds[name]!);
  for (const [at, patch] of patches) Buffer.from(patch).copy(bytes, at);
  const other = behind === '' ? Buffer.alloc(0) : seeds[behind]!;
  return Buffer.concat([bytes.subarray(0, end), other]);
}

const within = (length: number, cuts: readonly number[]) => cuts.map((cut) => cut % (length + 1));

describe(`${cases} mutated headers`, () => {
  it(
    'break no inspector, take no memory beyond the bound, and say the same however they arrive',
    () => {
      const verdicts = new Set<string>();
      fc.assert(
        fc.property(hostile, cutsOf(400_000), fc.nat(200), (file, cuts, chance) => {
          const bytes = built(file);
          // The kit's `inspect` fails when an inspector did, or when too much was held.
          const whole = inspect(bytes);
          expect(inspect(bytes, within(bytes.length, cuts))).toEqual(whole);
          // One by one all of the small ones, and now and then a large one.
          if (bytes.length < 3_000 || chance === 0) expect(inspectInPiecesOf(1, bytes)).toEqual(whole);
          expect(whole.size).toBe(BigInt(bytes.length));
          if (whole.virtualSize !== undefined) expect(whole.virtualSize).toBeLessThan(2n ** 63n);
          verdicts.add(`${whole.format} ${whole.dangers.join(' ')}`);
        }),
        { numRuns: cases },
      );
      // They reach the checks, and do not all end at the first one.
      expect(verdicts.size).toBeGreaterThan(Math.min(60, cases / 50));
    },
    milliseconds,
  );
});

describe('random bytes', () => {
  it('are raw, or what two chance bytes make of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 40_000, size: 'max' }), (random) => {
        expect(['raw', 'gpt', 'gzip']).toContain(inspect(Buffer.from(random)).format);
      }),
      { numRuns: 100 },
    );
  });
});
