import { startsWith, type FormatProbe } from './probe.js';

/** Linux unified key setup ("LUKS On-Disk Format Specification"); the header does not say how large the payload is. */
export const luks: FormatProbe = {
  name: 'luks',
  matches: ({ head }) => startsWith(head, 0, 'LUKS\xba\xbe'),
  virtualSize: () => undefined,
};
