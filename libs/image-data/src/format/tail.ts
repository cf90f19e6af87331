/** The last bytes of a stream that passes by. */
export class Tail {
  private readonly buffer: Buffer;
  private filled = 0;

  constructor(private readonly length: number) {
    // Room for as much again: small chunks are added many times before the bytes are moved once.
    this.buffer = Buffer.alloc(2 * length);
  }

  get held(): number {
    return this.buffer.byteLength;
  }

  take(chunk: Uint8Array): void {
    const part = chunk.subarray(-this.length);
    if (this.filled + part.byteLength > this.buffer.byteLength) {
      const kept = this.length - Math.min(part.byteLength, this.length);
      this.buffer.copyWithin(0, this.filled - kept, this.filled);
      this.filled = kept;
    }
    this.buffer.set(part, this.filled);
    this.filled += part.byteLength;
  }

  /** What was there is not the end. */
  forget(): void {
    this.filled = 0;
  }

  /** The last so many bytes, or fewer. */
  last(bytes: number): Buffer {
    return this.buffer.subarray(Math.max(0, this.filled - Math.min(bytes, this.length)), this.filled);
  }
}
