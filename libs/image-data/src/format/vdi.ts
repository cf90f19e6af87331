import { dangersWhere } from './dangers.js';
import { region, type Inspector } from './inspector.js';

const kinds = new Map([
  [1, 'dynamic'],
  [2, 'static'],
]);

/** VirtualBox's disk image, little-endian: VirtualBox, src/VBox/Storage/VDICore.h, VDIPREHEADER and VDIHEADER1PLUS. */
export const vdi: Inspector = {
  format: 'vdi',
  kind: 'disk',

  *recognize() {
    const header = yield region(0, 0x1c8);
    return header.has('\x7f\x10\xda\xbe', 0x40) ? header : undefined;
  },

  read(header) {
    const kind = kinds.get(header.u32le(0x4c));
    return {
      variant: kind,
      virtualSize: header.u64le(0x170),
      dangers: dangersWhere({
        'vdi-version': header.u32le(0x44) !== 0x0001_0001,
        // An undo or differencing image, or one that links to others by their UUIDs.
        'vdi-parent': kind === undefined || !header.isZero(0x1a8, 32),
      }),
    };
  },
};
