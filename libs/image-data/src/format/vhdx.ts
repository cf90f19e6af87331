import { readAt, startsWith, type FormatProbe, type Region } from './probe.js';

const regionTable: Region = { start: 192 << 10, length: 4096 };
/** Largest offset that is followed: qemu and Hyper-V put the metadata within the first few MiB. */
const farthest = 64n << 20n;
const metadataRegion = Buffer.from('06a27c8b90479a4bb8fe575f050f886e', 'hex');
const virtualDiskSize = Buffer.from('2442a52f1bcd7648b2115dbed83bf4b8', 'hex');
/** entries looked at in a table; the specification allows 2047 */
const mostEntries = 60;

/** Microsoft's VHDX ([MS-VHDX]): region table at 192 KiB → metadata table → virtual disk size. */
export const vhdx: FormatProbe = {
  name: 'vhdx',
  matches: ({ head }) => startsWith(head, 0, 'vhdxfile'),
  follow: (_head, followed) => {
    if (!followed) return regionTable;
    if (!startsWith(followed, 0, 'regi')) return undefined;
    const offset = entryOf(followed, 16, 32, metadataRegion, 16, 'u64le');
    return offset === undefined || offset > farthest ? undefined : { start: Number(offset), length: 128 << 10 };
  },
  virtualSize: ({ followed }) => {
    if (!startsWith(followed, 0, 'metadata')) return undefined;
    const offset = entryOf(followed, 32, 32, virtualDiskSize, 16, 'u32le');
    return offset === undefined ? undefined : readAt(followed, Number(offset), 'u64le');
  },
};

/** The number beside a GUID in a table of entries. */
function entryOf(
  table: Buffer,
  first: number,
  width: number,
  guid: Buffer,
  field: number,
  kind: 'u64le' | 'u32le',
): bigint | undefined {
  for (let entry = 0; entry < mostEntries; entry++) {
    const at = first + entry * width;
    if (table.subarray(at, at + 16).equals(guid)) return readAt(table, at + field, kind);
  }
  return undefined;
}
