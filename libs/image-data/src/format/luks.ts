import { readAt, startsWith, type FormatProbe } from './probe.js';

const sectorSize = 512n;

/**
 * Linux unified key setup ("LUKS On-Disk Format Specification"): version at 6; version 1 has the payload's offset in sectors
 * at 104, and the payload fills the rest. Version 2 says it in JSON, which is not read.
 */
export const luks: FormatProbe = {
  name: 'luks',
  matches: ({ head }) => startsWith(head, 0, 'LUKS\xba\xbe'),
  virtualSize: ({ head, size }) => {
    const offset = readAt(head, 104, 'u32be');
    if (readAt(head, 6, 'u16be') !== 1n || offset === undefined || offset * sectorSize > size) return undefined;
    return size - offset * sectorSize;
  },
};
