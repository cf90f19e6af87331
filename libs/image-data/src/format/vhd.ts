import { readAt, startsWith, type FormatProbe } from './probe.js';

/** Microsoft's virtual hard disk ("Virtual Hard Disk Image Format Specification"): a footer, whose copy a dynamic disk starts with. */
export const vhd: FormatProbe = {
  name: 'vhd',
  matches: ({ head, tail }) => startsWith(head, 0, 'conectix') || startsWith(tail, tail.length - 512, 'conectix'),
  virtualSize: ({ head, tail }) =>
    startsWith(head, 0, 'conectix') ? readAt(head, 48, 'u64be') : readAt(tail, tail.length - 512 + 48, 'u64be'),
};
