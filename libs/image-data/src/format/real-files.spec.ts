import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DiskImages, qemuInfo, qemuName, realFiles, type RealFile } from '../../../../test/services/disk-images.js';
import type { Danger } from './dangers.js';
import { inspectFile } from './inspect-file.js';
import { cutsOf, inspect, inspectInPiecesOf } from './inspection.spec-kit.js';

/** Those that are refused; all others are safe. */
const refused: Readonly<Partial<Record<RealFile, readonly Danger[]>>> = {
  'qcow2 with a backing file': ['qcow2-backing-file'],
  'qcow2 with a data file': ['qcow2-data-file'],
  'qcow2 with extended L2 entries': ['qcow2-unknown-features'],
  'vmdk monolithicFlat': ['vmdk-text-descriptor', 'vmdk-create-type', 'vmdk-extent-type'],
  'vmdk twoGbMaxExtentSparse': ['vmdk-text-descriptor', 'vmdk-create-type'],
  'vmdk twoGbMaxExtentFlat': ['vmdk-text-descriptor', 'vmdk-create-type', 'vmdk-extent-type'],
  qed: ['qed-banned'],
  'luks version 2': ['luks-version'],
  'gpt without a partition': ['mbr-no-partition'],
};
/** What a guest would see of these no header says. */
const unsized: readonly RealFile[] = [
  ...(['luks version 2', 'ova', 'ova in the format of GNU', 'ova in the format of POSIX'] as const),
  ...(['gzip', 'xz', 'bzip2', 'zstd'] as const),
];

let images: DiskImages;
const paths = {} as Record<RealFile, string>;
beforeAll(() => {
  images = new DiskImages(mkdtempSync(join(tmpdir(), 'vitrine-formats-')));
  for (const file of realFiles) paths[file] = images.make(file);
}, 300_000);
afterAll(() => images.remove());

const formatOf = (file: RealFile) => file.replace(/ .*/, '');

describe('a file that a real tool has made', () => {
  it.each(realFiles)('%s: is named, sized as qemu-img sizes it, and refused only with a reason', (file) => {
    const format = formatOf(file);
    const found = inspect(readFileSync(paths[file]));
    const formats = format === 'raw' ? [] : [format];
    expect(found).toMatchObject({ format, formats, dangers: refused[file] ?? [] });
    if (unsized.includes(file)) expect(found.virtualSize).toBeUndefined();
    else
      expect(qemuInfo(paths[file], format)).toEqual({
        format: qemuName(format),
        virtualSize: found.virtualSize,
      });
  });

  it('tells its kind where there are several', () => {
    const kind = (file: RealFile) => inspect(readFileSync(paths[file])).variant;
    expect(kind('qcow2 version 2')).toBe('version 2');
    expect(kind('vmdk streamOptimized')).toBe('streamOptimized');
    expect(kind('vmdk twoGbMaxExtentFlat')).toBe('twoGbMaxExtentFlat');
    expect(kind('vdi static')).toBe('static');
    expect(kind('vhd fixed')).toBe('fixed');
    expect(kind('luks version 2')).toBe('version 2');
    expect(kind('iso')).toBe('ISO 9660');
    expect(kind('iso UDF')).toBe('UDF');
    expect(kind('gpt by sgdisk')).toBe('GPT');
    expect(kind('gpt MBR')).toBe('MBR');
  });
});

it.each(realFiles)('%s: of which only the ends are read is judged the same', async (file) => {
  expect(await inspectFile(paths[file])).toEqual(inspect(readFileSync(paths[file])));
});

describe('the verdict on it does not depend on how the bytes arrive', () => {
  it.each(realFiles)('%s: one by one and in random pieces', (file) => {
    const bytes = readFileSync(paths[file]);
    const whole = inspect(bytes);
    // As far as something is looked for: VHDX has its metadata at 2 MiB.
    const head = bytes.subarray(0, file.startsWith('vhdx') ? 2_300_000 : 100_000);
    expect(inspectInPiecesOf(1, head)).toEqual(inspect(head));
    const tail = Array.from({ length: Math.min(bytes.length, 2_000) }, (_, n) => bytes.length - n);
    expect(inspect(bytes, tail)).toEqual(whole);
    fc.assert(
      fc.property(cutsOf(bytes.length), (cuts) => expect(inspect(bytes, cuts)).toEqual(whole)),
      { numRuns: 10 },
    );
  });
});
