import type { Bytes } from './bytes.js';
import { dangersWhere } from './dangers.js';
import { last, region, type Inspector } from './inspector.js';

const footerLength = 512;
const cookie = 'conectix';
const kinds = new Map([
  [2, 'fixed'],
  [3, 'dynamic'],
]);
const differencing = 4;

/**
 * Microsoft's virtual hard disk, big-endian: "Virtual Hard Disk Image Format Specification", "Hard Disk Footer Format".
 * The footer ends the file; a dynamic disk also starts with a copy of it.
 */
export const vhd: Inspector = {
  format: 'vhd',
  kind: 'disk',

  *recognize() {
    const copy = yield region(0, footerLength);
    if (copy.has(cookie)) return copy;
    const footer = yield last(footerLength);
    return footer.length === footerLength && footer.has(cookie) ? footer : undefined;
  },

  *read(found) {
    // qemu believes the copy, Hyper-V the footer: the disk must be the same to both.
    const footer = found.start === 0 ? yield last(footerLength) : found;
    const kind = kinds.get(diskType(found));
    return {
      variant: kind,
      virtualSize: currentSize(found),
      dangers: dangersWhere({
        'vhd-parent': diskType(found) === differencing,
        'vhd-disk-type': kind === undefined && diskType(found) !== differencing,
        'vhd-footer-mismatch':
          footer.has(cookie) && (diskType(footer) !== diskType(found) || currentSize(footer) !== currentSize(found)),
      }),
    };
  },
};

const currentSize = (footer: Bytes) => footer.u64be(48);
const diskType = (footer: Bytes) => footer.u32be(60);
