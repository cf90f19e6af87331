import { readAt, startsWith, type FormatProbe } from './probe.js';

/** QEMU enhanced disk (qemu, docs/interop/qed_spec.txt): image_size at 48, little-endian. */
export const qed: FormatProbe = {
  name: 'qed',
  matches: ({ head }) => startsWith(head, 0, 'QED\0'),
  virtualSize: ({ head }) => readAt(head, 48, 'u64le'),
};
