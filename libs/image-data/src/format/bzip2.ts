import { region, type Inspector } from './inspector.js';

/** Compressed by bzip2: a level, and the first block's magic, the digits of π. */
export const bzip2: Inspector = {
  format: 'bzip2',
  kind: 'wrapper',

  *recognize() {
    const header = yield region(0, 10);
    return /^BZh[1-9]1AY&SY$/.test(header.text()) ? header : undefined;
  },

  read: () => ({ virtualSize: undefined, dangers: [] }),
};
