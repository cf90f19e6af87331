import type { Bytes } from './bytes.js';
import { dangersWhere } from './dangers.js';
import { last, longestRegion, region, type Findings, type Inspector, type Reading } from './inspector.js';
import { readDescriptor } from './vmdk-descriptor.js';

const sectorSize = 512;
/** of a descriptor that is a file of its own: such a file is refused whatever it says */
const mostText = 64 << 10;
const footerSectors = 3;
const footerAtEnd = 0xffff_ffff_ffff_ffffn;
const footerMarker = 3;

/**
 * VMware's virtual disk, little-endian: VMware, "Virtual Disk Format 5.0", "Hosted Sparse Extent Header" and
 * "Stream-Optimized Compressed Sparse Extents". A sparse extent with its descriptor inside, or a descriptor alone.
 */
export const vmdk: Inspector = {
  format: 'vmdk',
  kind: 'disk',

  *recognize() {
    const header = yield region(0, sectorSize);
    return header.has('KDMV') || header.has('COWD') || isDescriptor(header) ? header : undefined;
  },

  *read(header) {
    if (header.has('KDMV')) return yield* sparseExtent(header);
    if (header.has('COWD')) return { variant: 'COWD', virtualSize: undefined, dangers: ['vmdk-cowd'] };
    const rest = yield region(sectorSize, mostText);
    const { createType, virtualSize, dangers } = readDescriptor(header.followedBy(rest));
    return { variant: createType, virtualSize, dangers: ['vmdk-text-descriptor', ...dangers] };
  },
};

/** What qemu takes for a descriptor (block/vmdk.c, vmdk_probe): comments, then a version. */
const isDescriptor = (header: Bytes) =>
  header.has('# Disk DescriptorFile') || /^(?:(?:#[^\n]*| *\r?)\n)*version=[123]\r?\n/.test(header.latin1());

function* sparseExtent(bytes: Bytes): Reading<Findings> {
  const header = sparseHeader(bytes, 0);
  const isInPlace = header.descriptorAt === 1n;
  const fits = header.descriptorSectors > 0n && header.descriptorSectors <= BigInt(longestRegion / sectorSize);
  const text = yield region(sectorSize, isInPlace && fits ? Number(header.descriptorSectors) * sectorSize : 0);
  const isThere = text.has('# Disk DescriptorFile');
  const descriptor = isThere ? readDescriptor(text) : { createType: undefined, dangers: [] };
  const footer = header.grainDirectory === footerAtEnd ? yield last(footerSectors * sectorSize) : undefined;
  return {
    variant: descriptor.createType,
    virtualSize: header.capacity * BigInt(sectorSize),
    dangers: [
      ...dangersWhere({
        'vmdk-version': header.version < 1 || header.version > 3,
        // qemu then opens the extents that the descriptor names (CVE-2022-47951).
        'vmdk-capacity': header.capacity === 0n,
        'vmdk-descriptor-place': !isInPlace,
        'vmdk-descriptor-size': isInPlace && !fits,
        'vmdk-descriptor-missing': isInPlace && fits && !isThere,
        'vmdk-footer-missing': footer !== undefined && !hasFooter(footer),
        'vmdk-footer-mismatch': footer !== undefined && hasFooter(footer) && !isFooterOf(header, footer),
      }),
      ...descriptor.dangers,
    ],
  };
}

const sparseHeader = (bytes: Bytes, at: number) => ({
  version: bytes.u32le(at + 4),
  flags: bytes.u32le(at + 8),
  capacity: bytes.u64le(at + 12),
  grainSize: bytes.u64le(at + 20),
  descriptorAt: bytes.u64le(at + 28),
  descriptorSectors: bytes.u64le(at + 36),
  grainDirectory: bytes.u64le(at + 56),
});

/** The last three sectors: a marker of the footer, the footer, a marker of the end of the stream. */
const hasFooter = (end: Bytes) =>
  end.length === footerSectors * sectorSize &&
  end.u32le(8) === 0 &&
  end.u32le(12) === footerMarker &&
  end.has('KDMV', sectorSize) &&
  end.isZero(2 * sectorSize, 16);

/** It is the header again, but for the place of the grain directory. */
function isFooterOf(header: ReturnType<typeof sparseHeader>, end: Bytes): boolean {
  const { grainDirectory, ...footer } = sparseHeader(end, sectorSize);
  const isSame = (Object.keys(footer) as (keyof typeof footer)[]).every((field) => footer[field] === header[field]);
  return isSame && grainDirectory !== footerAtEnd;
}
