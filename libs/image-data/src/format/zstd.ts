import { region, type Inspector } from './inspector.js';

/** Compressed by Zstandard: RFC 8878 §3.1.1. */
export const zstd: Inspector = {
  format: 'zstd',
  kind: 'wrapper',

  *recognize() {
    const header = yield region(0, 4);
    return header.has('\x28\xb5\x2f\xfd') ? header : undefined;
  },

  read: () => ({ virtualSize: undefined, dangers: [] }),
};
