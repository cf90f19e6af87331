import { region, type Inspector } from './inspector.js';

/** QEMU enhanced disk, little-endian: qemu, docs/interop/qed_spec.txt, "Header". */
export const qed: Inspector = {
  format: 'qed',
  kind: 'disk',

  *recognize() {
    const header = yield region(0, 72);
    return header.has('QED\0') ? header : undefined;
  },

  read: (header) => ({ virtualSize: header.u64le(48), dangers: ['qed-banned'] }),
};
