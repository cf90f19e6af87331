import type { Bytes } from './bytes.js';
import { dangersWhere } from './dangers.js';
import { region, type Inspector } from './inspector.js';

const KiB = 1 << 10;
/** Of 32 bytes each, in both kinds of tables; the specification allows no more of them. */
const entry = { first: { regions: 16, metadata: 32 }, length: 32, most: 2047 };

/** GUIDs in hex, as they are stored. */
const regions = { bat: '6677c22d23f600429d64115e9bfd4a08', metadata: '06a27c8b90479a4bb8fe575f050f886e' };
const items = {
  fileParameters: '3767a1ca36fa434db3b633f0aa44e76b',
  virtualDiskSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  logicalSectorSize: '1dbf41816fa90947ba47f233a8faab5f',
  physicalSectorSize: 'c748a3cd5d4471449cc9e9885251c556',
  page83: 'ab12cabee6b2234593efc309e000c746',
  parentLocator: '2d5fd3a80bb34d45abf7d3d84834ab0c',
};
const hasParent = 0b10;

/** Microsoft's VHDX, little-endian: [MS-VHDX] §2.2.3 "Region Table", §2.6 "Metadata Region". */
export const vhdx: Inspector = {
  format: 'vhdx',
  kind: 'disk',

  *recognize() {
    const identifier = yield region(0, 8);
    return identifier.has('vhdxfile') ? identifier : undefined;
  },

  *read() {
    // A program takes whichever of the two has a valid checksum: both must say the same.
    const table = yield region(192 * KiB, 64 * KiB);
    const copy = yield region(256 * KiB, 64 * KiB);
    const listed = entries(table, entry.first.regions, table.u32le(8));
    const metadataAt = listed.find(({ guid }) => guid === regions.metadata)?.at;
    // The values lie behind the first 64 KiB of the region, which are its table.
    const metadata = yield region(
      metadataAt === undefined ? Infinity : Number(table.u64le(metadataAt + 16)),
      128 * KiB,
    );
    const found = metadata.has('metadata') ? entries(metadata, entry.first.metadata, metadata.u16le(10)) : [];
    const value = (guid: string) => {
      const item = found.find((one) => one.guid === guid);
      return item && metadata.u32le(item.at + 16);
    };
    const parametersAt = value(items.fileParameters);
    const sizeAt = value(items.virtualDiskSize);
    return {
      virtualSize: sizeAt === undefined ? undefined : metadata.u64le(sizeAt),
      dangers: dangersWhere({
        'vhdx-region-tables': !table.has('regi') || !table.equals(copy) || hasTwice(listed),
        'vhdx-unknown-region': listed.some(
          ({ guid, at }) => isUnknown(guid, regions) && (table.u32le(at + 28) & 1) !== 0,
        ),
        'vhdx-metadata': parametersAt === undefined || sizeAt === undefined || hasTwice(found),
        'vhdx-unknown-metadata': found.some(
          ({ guid, at }) => isUnknown(guid, items) && (metadata.u32le(at + 24) & 0b100) !== 0,
        ),
        'vhdx-parent':
          value(items.parentLocator) !== undefined ||
          (parametersAt !== undefined && (metadata.u32le(parametersAt + 4) & hasParent) !== 0),
      }),
    };
  },
};

/** `at`: where in its table it lies */
interface Entry {
  readonly guid: string;
  readonly at: number;
}

function entries(table: Bytes, first: number, count: number): Entry[] {
  const room = Math.floor((table.length - first) / entry.length);
  const length = Math.max(0, Math.min(count, entry.most, room));
  return Array.from({ length }, (_, n) => first + n * entry.length).map((at) => ({ guid: table.hex(at, 16), at }));
}

const hasTwice = (listed: readonly Entry[]) => new Set(listed.map(({ guid }) => guid)).size < listed.length;

const isUnknown = (guid: string, known: Readonly<Record<string, string>>) => !Object.values(known).includes(guid);
