/** A span of an image's bytes. */
export interface Region {
  /** bytes from the start */
  readonly start: number;
  readonly length: number;
}

/** What was captured of an image; a region that was not, or lay beyond its end, is empty. */
export interface Captured {
  /** the first bytes, at most `headLength` */
  readonly head: Buffer;
  /** the last 512 bytes, or all of a smaller image */
  readonly tail: Buffer;
  /** bytes of the whole image */
  readonly size: bigint;
  /** the region that `follow` asked for */
  readonly followed: Buffer;
}

/** Enough for every magic number; an ISO 9660 volume descriptor begins at 32 KiB. */
export const headLength = 0x9000;

/** Knows one disk format by its bytes. Never allocates by a length that it reads. */
export interface FormatProbe {
  readonly name: string;
  matches(image: Pick<Captured, 'head' | 'tail'>): boolean;
  /** bytes that a guest sees; undefined when the header does not say */
  virtualSize(image: Captured): bigint | undefined;
  /** Where to look next, given what was captured there so far; a region that does not lie behind the one before is not looked at. */
  follow?(head: Buffer, followed: Buffer | undefined): Region | undefined;
}

const widths = { u16le: 2, u16be: 2, u32le: 4, u32be: 4, u64be: 8, u64le: 8 } as const;

/** A number at an offset, or undefined beyond the end. */
export function readAt(bytes: Buffer, offset: number, kind: keyof typeof widths): bigint | undefined {
  const width = widths[kind];
  if (offset < 0 || offset + width > bytes.length) return undefined;
  switch (kind) {
    case 'u16le':
      return BigInt(bytes.readUInt16LE(offset));
    case 'u16be':
      return BigInt(bytes.readUInt16BE(offset));
    case 'u32le':
      return BigInt(bytes.readUInt32LE(offset));
    case 'u32be':
      return BigInt(bytes.readUInt32BE(offset));
    case 'u64be':
      return bytes.readBigUInt64BE(offset);
    case 'u64le':
      return bytes.readBigUInt64LE(offset);
  }
}

export function startsWith(bytes: Buffer, offset: number, magic: string): boolean {
  // A negative offset would count from the end.
  return offset >= 0 && bytes.subarray(offset, offset + magic.length).toString('latin1') === magic;
}
