import { dangersWhere } from './dangers.js';
import { region, type Inspector } from './inspector.js';

const sectorSize = 512n;
const magics = { old: 'WithoutFreeSpace', extended: 'WithouFreSpacExt' };

/** Parallels' expandable image, which ploop uses, little-endian: qemu, docs/interop/parallels.txt, "Header". */
export const ploop: Inspector = {
  format: 'ploop',
  kind: 'disk',

  *recognize() {
    const header = yield region(0, 64);
    return header.has(magics.old) || header.has(magics.extended) ? header : undefined;
  },

  read(header) {
    const isOld = header.has(magics.old);
    const sectors = header.u64le(36);
    return {
      variant: isOld ? 'expandable' : 'extended',
      // The old kind has 32 bits; what it keeps behind them says nothing.
      virtualSize: (isOld ? BigInt.asUintN(32, sectors) : sectors) * sectorSize,
      dangers: dangersWhere({ 'ploop-version': header.u32le(16) !== 2 }),
    };
  },
};
