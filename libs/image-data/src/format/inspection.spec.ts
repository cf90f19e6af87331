import vm from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { vhdxPointing } from '../../../../test/services/built-images.js';
import { Inspection, type Inspected } from './inspection.js';
import { inspect, inspectInPiecesOf, patched } from './inspection.spec-kit.js';
import { last, longestRegion, region, type Inspector, type Reading, type Region } from './inspector.js';

const KiB = 1 << 10;

const text = (offset: number, value: string) => [offset, Buffer.from(value, 'latin1')] as const;

describe('what no inspector knows', () => {
  it('is raw, as large as it is', () => {
    const raw = { format: 'raw', formats: [], variant: undefined, isWrapped: false, dangers: [] };
    for (const length of [0, 1, 511, 512, 64 * KiB]) {
      const bytes = Buffer.alloc(length);
      expect(inspect(bytes, [1, 33_000])).toEqual({ ...raw, size: BigInt(length), virtualSize: BigInt(length) });
    }
  });

  it('is raw although its first bytes were nearly those of a format', () => {
    for (const magic of [
      'QFI\xfa',
      'KDMW',
      'LUKS\xba',
      'conecti',
      'QED ',
      '\x1f\x8b\x07',
      'BZh0',
      '# Disk',
      'version=4\n',
    ])
      expect([magic, inspect(patched(Buffer.alloc(2048), text(0, magic))).format]).toEqual([magic, 'raw']);
  });
});

describe('a size', () => {
  const saying = (bytes: bigint) => {
    const header = Buffer.alloc(512);
    header.write('QFI\xfb\0\0\0\x03', 'latin1');
    header.writeBigUInt64BE(bytes, 24);
    return inspect(header);
  };

  it('is exact up to the largest that there can be; no header that says more is believed', () => {
    expect(saying(2n ** 63n - 1n)).toMatchObject({ virtualSize: 2n ** 63n - 1n, dangers: [] });
    expect(saying(2n ** 63n)).toMatchObject({ virtualSize: undefined, dangers: ['size-unbelievable'] });
  });
});

describe('a footer', () => {
  it('of a fixed VHD is looked for in the last 512 bytes only', () => {
    for (let length = 0; length < 512; length++) {
      const bytes = Buffer.alloc(length);
      for (const at of [0, 88, length - 8].filter((at) => at > 0 && at + 8 <= length))
        expect(inspect(patched(bytes, text(at, 'conectix'))).format).toBe('raw');
    }
    const footer = patched(Buffer.alloc(2048), text(1536, 'conectix'));
    expect(inspect(footer).format).toBe('vhd');
    expect(inspect(Buffer.concat([footer, Buffer.alloc(1)])).format).toBe('raw');
  });
});

describe('data of several formats', () => {
  const mbr = text(446, '\x80\0\x02\0\x83');
  const signature = text(510, '\x55\xaa');
  const disc = text(32 * KiB, '\x01CD001');

  it('is refused, whichever the formats are', () => {
    const bytes = patched(Buffer.alloc(64 * KiB), text(0, 'QFI\xfb\0\0\0\x02'), disc);
    expect(inspect(bytes)).toMatchObject({ formats: ['qcow2', 'iso'], dangers: ['several-formats'] });
    const both = patched(Buffer.alloc(64 * KiB), text(0, 'QFI\xfb\0\0\0\x02'), mbr, signature);
    expect(inspect(both)).toMatchObject({ formats: ['qcow2', 'gpt'], dangers: ['several-formats'] });
    const tail = patched(Buffer.alloc(64 * KiB), disc, text(64 * KiB - 512, 'conectix'));
    expect(inspect(tail)).toMatchObject({
      formats: ['vhd', 'iso'],
      dangers: expect.arrayContaining(['several-formats']),
    });
  });

  it('is a disc when the other is the partition table with which it boots from USB', () => {
    const bytes = patched(Buffer.alloc(64 * KiB), disc, signature);
    expect(inspect(bytes)).toMatchObject({ format: 'iso', formats: ['iso'], dangers: [] });
    const three = patched(bytes, text(0, 'QFI\xfb\0\0\0\x02'));
    expect(inspect(three)).toMatchObject({ formats: ['qcow2', 'iso', 'gpt'] });
  });

  it('is compressed when the two bytes of a partition table are there by chance', () => {
    const bytes = patched(Buffer.alloc(1024), text(0, '\x1f\x8b\x08'), signature);
    expect(inspect(bytes)).toMatchObject({ format: 'gzip', isWrapped: true, dangers: [] });
  });
});

describe('a boot sector that is no partition table', () => {
  it.each([
    ['of FAT', text(16, '\x02\0\0\0\0\xf8')],
    ['of NTFS', text(3, 'NTFS    ')],
    ['of exFAT', text(3, 'EXFAT   ')],
    ['of a Linux kernel', text(514, 'HdrS')],
  ])('%s is raw', (_, mark) => {
    const bytes = patched(Buffer.alloc(1024), text(510, '\x55\xaa'));
    expect(inspect(bytes).format).toBe('gpt');
    expect(inspect(patched(bytes, mark)).format).toBe('raw');
  });
});

describe('a VHDX whose tables point', () => {
  it.each([
    ['at themselves', 192 * KiB],
    ['into themselves', 193 * KiB],
    ['at their copy', 256 * KiB],
    ['before themselves', 100 * KiB],
    ['beyond the end', 8 << 20],
    ['at the largest offset', 2n ** 64n - 1n],
  ])('%s is refused, soon', (_, offset) => {
    const bytes = vhdxPointing(BigInt(offset));
    // An inspector that goes round in circles never gives the event loop back: only vm's watchdog can end it.
    const soon = (run: () => Inspected) => vm.runInNewContext('run()', { run }, { timeout: 10_000 }) as Inspected;
    const refused = { format: 'vhdx', virtualSize: undefined, dangers: expect.arrayContaining(['vhdx-metadata']) };
    expect(soon(() => inspect(bytes))).toMatchObject(refused);
    expect(soon(() => inspectInPiecesOf(1, bytes))).toMatchObject(refused);
  });
});

describe('an inspector', () => {
  const asking = (ask: () => Reading<void>): Inspector => ({
    format: 'qed',
    kind: 'disk',
    *recognize() {
      yield* ask();
      return undefined;
    },
    read: () => ({ virtualSize: undefined, dangers: [] }),
  });

  /** The lengths of what it is given, for what it asks. */
  function given(bytes: Buffer, ...wanted: readonly Region[]): { lengths: number[]; inspection: Inspection } {
    const lengths: number[] = [];
    const inspection = new Inspection([
      asking(function* () {
        for (const one of wanted) lengths.push((yield one).length);
      }),
    ]);
    inspection.push(bytes);
    inspection.finish();
    return { lengths, inspection };
  }

  it('gets no region that lies before what it has asked for, although the bytes may still be there', () => {
    expect(given(Buffer.alloc(100), region(10, 10), region(19, 10), region(20, 10)).lengths).toEqual([10, 0, 10]);
  });

  it('gets of a region that reaches over the end what there is, and nothing of one behind', () => {
    expect(given(Buffer.alloc(100), region(90, 20), region(200, 1), region(Infinity, 1), last(20)).lengths).toEqual([
      ...[10, 0, 0, 20],
    ]);
  });

  it('gets no more than a bound, whatever it asks for', () => {
    expect(given(Buffer.alloc(2 * longestRegion), region(0, 2 ** 40)).lengths).toEqual([longestRegion]);
    expect(given(Buffer.alloc(0), region(0, -1), region(0, 0)).lengths).toEqual([0, 0]);
  });

  it('that fails before it knows its format is left out, and the others go on', () => {
    const inspection = new Inspection([
      asking(() => {
        throw new Error('a bug');
      }),
    ]);
    inspection.push(Buffer.alloc(10));
    expect(inspection.finish()).toMatchObject({ format: 'raw', dangers: [] });
    expect(inspection.faults).toEqual([new Error('a bug')]);
  });

  it('that fails when it knows its format leaves data that is not safe', () => {
    const failing: Inspector = {
      ...asking(function* () {
        yield region(0, 1);
      }),
      *recognize() {
        return yield region(0, 1);
      },
      read: () => {
        throw new Error('a bug');
      },
    };
    const inspection = new Inspection([failing]);
    inspection.push(Buffer.alloc(10));
    expect(inspection.finish()).toMatchObject({ format: 'qed', dangers: ['unreadable'] });
  });

  it('costs nothing once it has what it needs: of raw data only the last bytes are waited for', () => {
    const inspection = new Inspection();
    inspection.push(Buffer.alloc(64 * KiB - 1));
    expect(inspection.needsOnlyTail).toBe(false);
    expect(() => inspection.skip(1)).toThrow('still reads');
    inspection.push(Buffer.alloc(1));
    expect(inspection.needsOnlyTail).toBe(true);
    inspection.skip(1 << 30);
    inspection.push(patched(Buffer.alloc(512), text(0, 'conectix')));
    expect(inspection.finish()).toMatchObject({ format: 'vhd', size: BigInt((1 << 30) + 64 * KiB + 512) });
  });
});
