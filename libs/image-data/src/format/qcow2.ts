import { readAt, startsWith, type FormatProbe } from './probe.js';

/** QEMU's copy-on-write format (qemu, docs/interop/qcow2.txt): size at 24, big-endian. */
export const qcow2: FormatProbe = {
  name: 'qcow2',
  matches: ({ head }) => startsWith(head, 0, 'QFI\xfb'),
  virtualSize: ({ head }) => readAt(head, 24, 'u64be'),
};
