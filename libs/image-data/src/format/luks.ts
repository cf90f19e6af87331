import { dangersWhere } from './dangers.js';
import { last, region, type Inspector } from './inspector.js';

const sectorSize = 512;

/**
 * Linux unified key setup, big-endian: "LUKS1 On-Disk Format Specification" §2 (the payload, whose offset in sectors is at
 * 104, fills the rest) and "LUKS2 On-Disk Format Specification" §2 (which says it in JSON, and is not read).
 */
export const luks: Inspector = {
  format: 'luks',
  kind: 'disk',

  *recognize() {
    const header = yield region(0, 592);
    return header.has('LUKS\xba\xbe') ? header : undefined;
  },

  *read(header) {
    const version = header.u16be(6);
    const payload = version === 1 ? header.u32be(104) * sectorSize : 0;
    const { end } = yield last(1);
    return {
      variant: `version ${version}`,
      virtualSize: version === 1 && payload <= end ? BigInt(end - payload) : undefined,
      dangers: dangersWhere({ 'luks-version': version !== 1 }),
    };
  },
};
