import { region, type Inspector } from './inspector.js';

/** Compressed by gzip, with deflate: RFC 1952 §2.3. */
export const gzip: Inspector = {
  format: 'gzip',
  kind: 'wrapper',

  *recognize() {
    const header = yield region(0, 3);
    return header.has('\x1f\x8b\x08') ? header : undefined;
  },

  read: () => ({ virtualSize: undefined, dangers: [] }),
};
