import type { Bytes } from './bytes.js';
import { dangersWhere } from './dangers.js';
import { last, region, type Inspector } from './inspector.js';

const table = { first: 446, length: 16, entries: 4 };
const protective = 0xee;

/**
 * A partitioned disk: UEFI Specification 2.10 §5.2 "LBA 0 Format" (legacy and protective MBR). The signature is only two
 * bytes long, and so are the boot sectors of file systems and Linux kernels marked: these are none.
 */
export const gpt: Inspector = {
  format: 'gpt',
  kind: 'disk',

  *recognize() {
    const sector = yield region(0, 518);
    return sector.has('\x55\xaa', 510) && !isFileSystem(sector) && !isKernel(sector) ? sector : undefined;
  },

  *read(sector) {
    const { end } = yield last(1);
    const entries = Array.from({ length: table.entries }, (_, n) => partition(sector, table.first + n * table.length));
    const used = entries.filter(({ type }) => type !== 0);
    const guards = entries.filter(({ type }) => type === protective);
    return {
      variant: guards.length > 0 ? 'GPT' : 'MBR',
      virtualSize: BigInt(end),
      dangers: dangersWhere({
        'mbr-boot-flag': entries.some(({ bootFlag }) => bootFlag !== 0 && bootFlag !== 0x80),
        'mbr-no-partition': used.length === 0,
        'gpt-not-alone': guards.length > 0 && (used.length > 1 || entries[0]!.type !== protective),
        'gpt-start-chs': guards.some(({ startChs }) => startChs !== '000200'),
        'gpt-start-lba': guards.some(({ startLba }) => startLba !== 1),
      }),
    };
  },
};

const partition = (sector: Bytes, at: number) => ({
  bootFlag: sector.u8(at),
  startChs: sector.hex(at + 1, 3),
  type: sector.u8(at + 4),
  startLba: sector.u32le(at + 8),
});

/** FAT: Microsoft, "FAT: General Overview of On-Disk Format" (two tables, a fixed disk); exFAT and NTFS name themselves. */
const isFileSystem = (sector: Bytes) =>
  (sector.u8(16) === 2 && sector.u8(21) === 0xf8) || sector.has('NTFS    ', 3) || sector.has('EXFAT   ', 3);

/** The Linux/x86 boot protocol: Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
const isKernel = (sector: Bytes) => sector.has('HdrS', 514);
