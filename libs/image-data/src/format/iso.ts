import { readAt, startsWith, type FormatProbe } from './probe.js';

const descriptor = 0x8000;

/** ISO 9660 and UDF (ECMA-119 §8, ECMA-167 §2/9): standard identifier at 32 KiB + 1; volume size in blocks. */
export const iso: FormatProbe = {
  name: 'iso',
  matches: ({ head }) => ['CD001', 'NSR02', 'NSR03'].some((magic) => startsWith(head, descriptor + 1, magic)),
  virtualSize: ({ head }) => {
    const blocks = readAt(head, descriptor + 80, 'u32le');
    const blockSize = readAt(head, descriptor + 128, 'u16le');
    if (!startsWith(head, descriptor + 1, 'CD001') || blocks === undefined || blockSize === undefined) return undefined;
    return blocks * blockSize;
  },
};
