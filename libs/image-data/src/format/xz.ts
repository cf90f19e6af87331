import { region, type Inspector } from './inspector.js';

/** Compressed by xz: "The .xz File Format" §2.1.1.1. */
export const xz: Inspector = {
  format: 'xz',
  kind: 'wrapper',

  *recognize() {
    const header = yield region(0, 6);
    return header.has('\xfd7zXZ\0') ? header : undefined;
  },

  read: () => ({ virtualSize: undefined, dangers: [] }),
};
