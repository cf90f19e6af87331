import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diskFormats, DiskImages, type DiskImage } from '../../../../test/services/disk-images.js';
import { FormatDetector, type FormatFound } from './detect.js';

interface Sample {
  readonly bytes: Buffer;
  readonly virtualSize: bigint;
}

const kinds = [...diskFormats, 'iso'] as const;
const KiB = 1 << 10;
const MiB = 1 << 20;

let images: DiskImages;
const samples = {} as Record<(typeof kinds)[number], Sample>;

beforeAll(() => {
  images = new DiskImages(mkdtempSync(join(tmpdir(), 'vitrine-formats-')));
  for (const format of diskFormats) samples[format] = read(images.convert(format));
  samples.iso = read(images.iso());
});
afterAll(() => images.remove());

const read = ({ path, virtualSize }: DiskImage): Sample => ({ bytes: readFileSync(path), virtualSize });

/** The verdict on bytes that arrive cut at the given offsets. */
function detect(bytes: Buffer, cuts: readonly number[] = []): FormatFound {
  const detector = new FormatDetector();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [n, start] of edges.slice(0, -1).entries()) detector.push(bytes.subarray(start, edges[n + 1]));
  return detector.finish();
}

function oneByteAtATime(bytes: Buffer): FormatFound {
  const detector = new FormatDetector();
  for (let at = 0; at < bytes.length; at++) detector.push(bytes.subarray(at, at + 1));
  return detector.finish();
}

function patched(bytes: Buffer, ...patches: readonly (readonly [offset: number, patch: Uint8Array])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [offset, patch] of patches) copy.set(patch, offset);
  return copy;
}

describe('a file that a real tool has made', () => {
  it.each(kinds)('of %s is named, with the size that a guest sees', (kind) => {
    const { bytes, virtualSize } = samples[kind];
    expect(detect(bytes)).toEqual({ format: kind.replace(/ .*/, ''), virtualSize });
  });

  it.each([
    ['qcow2', ['-f', 'qcow2', '-o', 'cluster_size=2M'], (1n << 60n) + 512n],
    ['vhdx', ['-f', 'vhdx'], 60n << 40n],
    ['vmdk', ['-f', 'vmdk'], 1n << 40n],
  ] as const)('tells the size of a huge %s', (format, args, size) => {
    const { bytes, virtualSize } = read(images.create(`huge.${format}`, args, size));
    expect(virtualSize).toBe(size);
    expect(detect(bytes)).toEqual({ format, virtualSize });
  });
});

describe('the verdict does not depend on how the bytes arrive', () => {
  it('one by one', () => {
    const small = kinds.filter((kind) => samples[kind].bytes.length < MiB);
    expect(small.length).toBeGreaterThanOrEqual(5);
    for (const kind of small)
      expect([kind, oneByteAtATime(samples[kind].bytes)]).toEqual([kind, detect(samples[kind].bytes)]);
  });

  it.each(kinds)('in random pieces of %s', (kind) => {
    const { bytes } = samples[kind];
    const whole = detect(bytes);
    // Where something is looked for: the magic numbers, the ends of the head, VHDX's tables, a footer.
    const places = [4, 68, 0x170, 32 * KiB, 36 * KiB, 192 * KiB, 196 * KiB, 2 * MiB, 2 * MiB + 128 * KiB, bytes.length];
    const cut = fc.oneof(
      fc.nat(bytes.length),
      fc
        .tuple(fc.constantFrom(...places), fc.integer({ min: -600, max: 600 }))
        .map(([place, off]) => Math.min(Math.max(place + off, 0), bytes.length)),
    );
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 12 }), (cuts) => {
        expect(detect(bytes, cuts)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});

describe('whatever the bytes are, the detector has a verdict', () => {
  it.each(kinds)('on a %s that was cut short', (kind) => {
    const { bytes } = samples[kind];
    const lengths = Array.from({ length: 700 }, (_, n) => n);
    for (let length = 700; length < Math.min(bytes.length, 2 * MiB + 256 * KiB); length += 3989) lengths.push(length);
    for (const length of lengths) {
      const { format, virtualSize } = detect(bytes.subarray(0, length));
      expect(kinds.map((one) => one.replace(/ .*/, ''))).toContain(format);
      if (format === 'raw') expect(virtualSize).toBe(BigInt(length));
    }
  });

  it.each(kinds)('on a %s with random bytes in its headers', (kind) => {
    const { bytes } = samples[kind];
    const header = fc.oneof(fc.nat(0x200), fc.nat(36 * KiB), fc.integer({ min: 192 * KiB, max: 196 * KiB }));
    const patch = fc.tuple(header, fc.uint8Array({ minLength: 1, maxLength: 32 }));
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 6 }), (patches) => {
        const fitting = patches.filter(([at, patch]) => at + patch.length <= bytes.length);
        expect(detect(patched(bytes, ...fitting)).format).not.toBe('');
      }),
      { numRuns: 60 },
    );
  });

  it('is exact up to the largest size that there can be, and believes no header that says more', () => {
    const saying = (bytes: bigint) => {
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(bytes);
      return patched(samples['qcow2 v3'].bytes, [24, size]);
    };
    expect(detect(saying(2n ** 63n - 1n))).toEqual({ format: 'qcow2', virtualSize: 2n ** 63n - 1n });
    expect(detect(saying(2n ** 63n))).toEqual({ format: 'qcow2', virtualSize: undefined });
    const sectors = patched(samples['vmdk monolithicSparse'].bytes, [12, Buffer.alloc(8, 0xff)]);
    expect(detect(sectors)).toEqual({ format: 'vmdk', virtualSize: undefined });
  });

  it('calls nothing and bytes without a magic number raw, as large as they are', () => {
    expect(detect(Buffer.alloc(0))).toEqual({ format: 'raw', virtualSize: 0n });
    expect(detect(Buffer.alloc(1))).toEqual({ format: 'raw', virtualSize: 1n });
    expect(detect(Buffer.alloc(64 * KiB), [1, 33_000])).toEqual({ format: 'raw', virtualSize: 65_536n });
  });

  it("finds a fixed VHD's footer in the last 512 bytes only", () => {
    for (let length = 0; length < 512; length++) {
      for (const at of [0, 88, length - 8].filter((at) => at > 0 && at + 8 <= length)) {
        expect(detect(patched(Buffer.alloc(length), [at, Buffer.from('conectix')])).format).toBe('raw');
      }
    }
    const footer = patched(Buffer.alloc(2048), [1536, Buffer.from('conectix')]);
    expect(detect(footer).format).toBe('vhd');
    expect(detect(Buffer.concat([footer, Buffer.alloc(1)])).format).toBe('raw');
  });
});

describe('a VHDX whose tables point', () => {
  const guid = Buffer.from('06a27c8b90479a4bb8fe575f050f886e', 'hex');

  /** A region table at 192 KiB and another one at `offset`, both of which say that the metadata is at `offset`. */
  function pointing(offset: bigint): Buffer {
    const entry = Buffer.alloc(32);
    entry.set(guid);
    entry.writeBigUInt64LE(offset, 16);
    const table = Buffer.concat([Buffer.from('regi'), Buffer.alloc(12), entry]);
    const bytes = patched(Buffer.alloc(400 * KiB), [0, Buffer.from('vhdxfile')], [192 * KiB, table]);
    return offset + 48n < bytes.length ? patched(bytes, [Number(offset), table]) : bytes;
  }

  it.each([
    ['at themselves', 192 * KiB],
    ['into themselves', 193 * KiB],
    ['at a table that points at itself', 256 * KiB],
    ['before themselves', 100 * KiB],
    ['beyond the end', 8 * MiB],
  ])('%s is a VHDX of unknown size, soon', (_, offset) => {
    const bytes = pointing(BigInt(offset));
    // A detector that goes round in circles never gives the event loop back: only vm's watchdog can end it.
    const soon = (run: () => FormatFound) => vm.runInNewContext('run()', { run }, { timeout: 10_000 }) as FormatFound;
    expect(soon(() => detect(bytes))).toEqual({ format: 'vhdx', virtualSize: undefined });
    expect(soon(() => oneByteAtATime(bytes))).toEqual({ format: 'vhdx', virtualSize: undefined });
  });

  it('at 2^64 - 1 is a VHDX of unknown size', () => {
    expect(detect(pointing(2n ** 64n - 1n))).toEqual({ format: 'vhdx', virtualSize: undefined });
  });
});
