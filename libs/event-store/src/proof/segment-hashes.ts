const hashLength = 32;

/** Hashes of events that no seal has covered yet, 32 bytes each: a sealer may be behind by many thousands. */
export class SegmentHashes {
  private bytes = Buffer.alloc(1 << 16);
  private begin = 0;
  private end = 0;

  /** `first`: position of the next one to be added */
  constructor(private first: number) {}

  get firstPosition(): number {
    return this.first;
  }

  add(hash: string): void {
    if (this.end === this.bytes.length) this.makeRoom();
    this.end += this.bytes.write(hash, this.end, 'hex');
  }

  /** Takes out all up to a position; they are read one by one. */
  *takeUpTo(last: number): Generator<string> {
    for (; this.first <= last && this.begin < this.end; this.first++, this.begin += hashLength) {
      yield this.bytes.toString('hex', this.begin, this.begin + hashLength);
    }
  }

  /** Moves what is left to the front, into twice the room when it is much. */
  private makeRoom(): void {
    const left = this.bytes.subarray(this.begin, this.end);
    const room = left.length > this.bytes.length / 2 ? Buffer.alloc(2 * this.bytes.length) : this.bytes;
    left.copy(room);
    this.bytes = room;
    this.end = left.length;
    this.begin = 0;
  }
}
