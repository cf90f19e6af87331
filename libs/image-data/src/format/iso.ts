import type { Bytes } from './bytes.js';
import { last, region, type Inspector } from './inspector.js';

const descriptorLength = 2048;
const udfIdentifiers = ['NSR02', 'NSR03'];

/**
 * ISO 9660 and UDF: ECMA-119 §8 "Volume descriptors", ECMA-167 §2/9 "Volume recognition sequence". Both begin at 32 KiB
 * with descriptors of 2 KiB, each named by five letters at its second byte; a disc can be both.
 */
export const iso: Inspector = {
  format: 'iso',
  kind: 'disk',

  *recognize() {
    const descriptors = yield region(0x8000, 16 * descriptorLength);
    const first = identifier(descriptors, 0);
    const isIso = first === 'CD001' || udfIdentifiers.includes(first) || (first === 'BEA01' && isUdf(descriptors));
    return isIso ? descriptors : undefined;
  },

  *read(descriptors) {
    const { end } = yield last(1);
    const isPrimary = descriptors.has('\x01CD001');
    return {
      variant: [...(isPrimary ? ['ISO 9660'] : []), ...(isUdf(descriptors) ? ['UDF'] : [])].join(' and '),
      // Of a primary volume descriptor: the volume's blocks, and the bytes of one.
      virtualSize: isPrimary ? BigInt(descriptors.u32le(80)) * BigInt(descriptors.u16le(128)) : BigInt(end),
      dangers: [],
    };
  },
};

const identifier = (descriptors: Bytes, n: number) =>
  (n + 1) * descriptorLength <= descriptors.length ? descriptors.text(n * descriptorLength + 1, 5) : '';

const isUdf = (descriptors: Bytes) =>
  Array.from({ length: 16 }, (_, n) => identifier(descriptors, n)).some((name) => udfIdentifiers.includes(name));
