import { iso } from './iso.js';
import { luks } from './luks.js';
import { headLength, type Captured, type FormatProbe, type Region } from './probe.js';
import { qcow2 } from './qcow2.js';
import { qed } from './qed.js';
import { vdi } from './vdi.js';
import { vhd } from './vhd.js';
import { vhdx } from './vhdx.js';
import { vmdk } from './vmdk.js';

const probes: readonly FormatProbe[] = [qcow2, vmdk, vdi, vhdx, vhd, luks, qed, iso];
const tailLength = 512;
/** What a size can be everywhere in Vitrine; a header that says more lies. */
const largestSize = 2n ** 63n - 1n;

/** What the bytes of an image say that it is; `raw` when nothing matches. */
export interface FormatFound {
  readonly format: string;
  /** bytes that a guest sees; undefined when the format does not say */
  readonly virtualSize: bigint | undefined;
}

/** Names the format of a stream that passes by, keeping only a head of 36 KiB, a tail and one region further on. */
export class FormatDetector {
  private readonly head = new Capture(0, headLength);
  private readonly tail = Buffer.alloc(tailLength);
  private followed: Capture | undefined;
  private following: FormatProbe | undefined;
  private position = 0n;

  /** The next bytes, in order; nothing of them is kept by reference. */
  push(chunk: Uint8Array): void {
    const start = this.position;
    this.position += BigInt(chunk.byteLength);
    if (this.head.take(start, chunk)) this.startFollowing();
    this.keepTail(chunk);
    this.follow(start, chunk);
  }

  finish(): FormatFound {
    const image: Captured = {
      head: this.head.bytes,
      tail: this.tail.subarray(tailLength - Number(this.position < tailLength ? this.position : tailLength)),
      size: this.position,
      followed: this.followed?.bytes ?? Buffer.alloc(0),
    };
    const found = probes.find((probe) => probe.matches(image));
    if (!found) return { format: 'raw', virtualSize: this.position };
    const virtualSize = found.virtualSize(image);
    const believable = virtualSize !== undefined && virtualSize <= largestSize;
    return { format: found.name, virtualSize: believable ? virtualSize : undefined };
  }

  private startFollowing(): void {
    this.following = probes.find(
      (probe) => probe.follow && probe.matches({ head: this.head.bytes, tail: Buffer.alloc(0) }),
    );
    this.next(undefined);
  }

  private follow(start: bigint, chunk: Uint8Array): void {
    while (this.followed?.take(start, chunk)) this.next(this.followed.bytes);
  }

  /** Only ever forward: bytes that point at themselves would be followed for ever. */
  private next(followed: Buffer | undefined): void {
    const region = this.following?.follow?.(this.head.bytes, followed);
    const seen = this.followed ? this.followed.start + this.followed.length : headLength;
    if (region && region.start >= seen) this.followed = new Capture(region.start, region.length);
    else this.following = undefined;
  }

  private keepTail(chunk: Uint8Array): void {
    const last = chunk.subarray(-tailLength);
    this.tail.copyWithin(0, last.byteLength);
    this.tail.set(last, tailLength - last.byteLength);
  }
}

/** A span of the stream as it fills. */
class Capture implements Region {
  private readonly buffer: Buffer;
  private filled = 0;

  constructor(
    readonly start: number,
    readonly length: number,
  ) {
    this.buffer = Buffer.alloc(length);
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.filled);
  }

  /** Keeps what belongs to the span; true when that has just completed it. */
  take(position: bigint, chunk: Uint8Array): boolean {
    if (this.filled === this.length) return false;
    const from = Number(BigInt(this.start + this.filled) - position);
    if (from < 0 || from >= chunk.byteLength) return false;
    const part = chunk.subarray(from, from + this.length - this.filled);
    this.buffer.set(part, this.filled);
    this.filled += part.byteLength;
    return this.filled === this.length;
  }
}
