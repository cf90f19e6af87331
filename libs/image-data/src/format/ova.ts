import type { Bytes } from './bytes.js';
import { region, type Inspector } from './inspector.js';

const blockLength = 512;
/** An OVA's descriptor is its first file (DSP0243 §6.2); what extended headers tar puts before it is looked over. */
const mostMembers = 16;

/** A virtual appliance, a tar with an OVF descriptor: DMTF DSP0243 §6.2; POSIX.1-2017, pax, "ustar Interchange Format". */
export const ova: Inspector = {
  format: 'ova',
  kind: 'disk',

  *recognize() {
    let at = 0;
    for (let n = 0; n < mostMembers; n++) {
      const header = yield region(at, blockLength);
      if (!header.has('ustar', 257)) return undefined;
      if (/\.ovf$/i.test(header.text(0, 100))) return header;
      const size = sizeOf(header);
      if (size === undefined) return undefined;
      at += blockLength * (1 + Math.ceil(size / blockLength));
    }
    return undefined;
  },

  read: () => ({ virtualSize: undefined, dangers: [] }),
};

/** Bytes of a member, in octal digits; more than 8 GiB are written otherwise, and are no descriptor. */
function sizeOf(header: Bytes): number | undefined {
  const digits = header.text(124, 12).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : undefined;
}
