import fc from 'fast-check';
import { Inspection, type Inspected } from './inspection.js';

/** What an inspection may hold at any time, bytes. */
export const memoryBound = 2 << 20;

/** The verdict on bytes that arrive cut at the given offsets. Fails when more memory was held, or an inspector failed. */
export function inspect(bytes: Buffer, cuts: readonly number[] = []): Inspected {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return inspectPieces(edges.slice(1).map((end, n) => bytes.subarray(edges[n], end)));
}

/** In pieces of one length; the last one is shorter. */
export function inspectInPiecesOf(length: number, bytes: Buffer): Inspected {
  const count = Math.ceil(bytes.length / length);
  return inspectPieces(Array.from({ length: count }, (_, n) => bytes.subarray(n * length, (n + 1) * length)));
}

function inspectPieces(pieces: Iterable<Buffer>): Inspected {
  const inspection = new Inspection();
  // Memory that is used again, as a slab is: who keeps a reference sees other bytes.
  const slab = Buffer.alloc(1 << 20);
  let most = 0;
  let pushes = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += slab.length) {
      const length = piece.copy(slab, 0, at, at + slab.length);
      inspection.push(slab.subarray(0, length));
      // Not each time that a byte came: the sum would take longer than the inspection.
      if (length > 16 || pushes++ % 64 === 0) most = Math.max(most, inspection.held);
      slab.fill(0xaa, 0, Math.min(length, 600));
    }
  }
  const found = inspection.finish();
  if (most > memoryBound) throw new Error(`${most} bytes were held`);
  if (inspection.faults.length > 0) throw new AggregateError(inspection.faults, 'an inspector failed');
  return found;
}

/** Offsets to cut bytes at: anywhere, and around the places where something is looked for. */
export function cutsOf(length: number): fc.Arbitrary<number[]> {
  const KiB = 1 << 10;
  const places = [
    0,
    4,
    64,
    104,
    512,
    1024,
    0x1c8,
    32 * KiB,
    34 * KiB,
    64 * KiB,
    192 * KiB,
    256 * KiB,
    320 * KiB,
    1 << 20,
  ];
  const near = fc
    .tuple(fc.constantFrom(...places, length - 1536, length - 512, length), fc.integer({ min: -40, max: 40 }))
    .map(([place, off]) => Math.min(Math.max(place + off, 0), length));
  return fc.array(fc.oneof(fc.nat(length), near), { maxLength: 12 });
}

/** The bytes with some of them replaced. */
export function patched(bytes: Buffer, ...patches: readonly (readonly [offset: number, patch: Uint8Array])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [offset, patch] of patches) copy.set(patch, offset);
  return copy;
}
