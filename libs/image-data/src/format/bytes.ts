/** A field lies beyond the end of the data. Part of what an inspector may find out, not a fault of its code. */
export class Truncated extends Error {
  constructor() {
    super('the data ends in the middle of a header');
    this.name = 'Truncated';
  }
}

const longestLine = 4096;

/** Some bytes of an image, and the numbers and texts in them. What is asked for beyond them is `Truncated`. */
export class Bytes {
  constructor(
    /** of the first byte in the image */
    readonly start: number,
    private readonly buffer: Buffer,
  ) {}

  get length(): number {
    return this.buffer.length;
  }

  /** Position of the first byte behind. */
  get end(): number {
    return this.start + this.length;
  }

  /** Whether exactly this text (Latin-1) is there; beyond the end nothing is. */
  has(text: string, offset = 0): boolean {
    return offset >= 0 && this.buffer.toString('latin1', offset, offset + text.length) === text;
  }

  u8(offset: number): number {
    return this.at(offset, 1).readUInt8();
  }

  u16le(offset: number): number {
    return this.at(offset, 2).readUInt16LE();
  }

  u16be(offset: number): number {
    return this.at(offset, 2).readUInt16BE();
  }

  u32le(offset: number): number {
    return this.at(offset, 4).readUInt32LE();
  }

  u32be(offset: number): number {
    return this.at(offset, 4).readUInt32BE();
  }

  u64le(offset: number): bigint {
    return this.at(offset, 8).readBigUInt64LE();
  }

  u64be(offset: number): bigint {
    return this.at(offset, 8).readBigUInt64BE();
  }

  hex(offset: number, length: number): string {
    return this.at(offset, length).toString('hex');
  }

  /** Latin-1, up to a NUL. */
  text(offset = 0, length = this.length - offset): string {
    const field = this.at(offset, length);
    const end = field.indexOf(0);
    return field.toString('latin1', 0, end < 0 ? length : end);
  }

  /** All of them, a character each. */
  latin1(): string {
    return this.buffer.toString('latin1');
  }

  /** Line by line without the space around each; of a longer one than 4 KiB the beginning, which ends in `…`. */
  *lines(): Generator<string> {
    for (let from = 0; from < this.length;) {
      const found = this.buffer.indexOf('\n', from);
      const end = found < 0 ? this.length : found;
      const line = this.buffer.toString('latin1', from, Math.min(end, from + longestLine)).trim();
      yield end - from > longestLine ? `${line}…` : line;
      from = end + 1;
    }
  }

  /** Up to the last byte that is not NUL. */
  withoutPadding(): Bytes {
    let { length } = this;
    while (length > 0 && this.buffer[length - 1] === 0) length--;
    return new Bytes(this.start, this.buffer.subarray(0, length));
  }

  /** Up to the first NUL. */
  upToNul(): Bytes {
    const end = this.buffer.indexOf(0);
    return end < 0 ? this : new Bytes(this.start, this.buffer.subarray(0, end));
  }

  /** Both in one piece. */
  followedBy(other: Bytes): Bytes {
    return new Bytes(this.start, Buffer.concat([this.buffer, other.buffer]));
  }

  isZero(offset: number, length: number): boolean {
    return this.at(offset, length).every((byte) => byte === 0);
  }

  equals(other: Bytes): boolean {
    return this.buffer.equals(other.buffer);
  }

  private at(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.buffer.length) throw new Truncated();
    return this.buffer.subarray(offset, offset + length);
  }
}
