import { hash } from 'node:crypto';

/**
 * Merkle trees as in RFC 6962 §2.1: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), and the left part
 * of a tree is the largest full one that leaves something for the right. Pure functions over bytes.
 */
const hashLength = 32;

export function leafHash(data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + data.length);
  bytes[0] = 0;
  bytes.set(data, 1);
  return hash('sha256', bytes, 'buffer');
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + 2 * hashLength);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + hashLength);
  return hash('sha256', bytes, 'buffer');
}

/** The root over leaves that come one after the other; keeps one hash a level. */
export class MerkleTree {
  /** roots of full trees, each smaller than the one before it: the ones of `size` in binary */
  private readonly full: Buffer[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(data: Uint8Array): void {
    let right = leafHash(data);
    for (let left = this.count++; left % 2 === 1; left = (left - 1) / 2) right = nodeHash(this.full.pop()!, right);
    this.full.push(right);
  }

  root(): Buffer {
    return (
      this.full.reduceRight<Buffer | undefined>((right, left) => (right ? nodeHash(left, right) : left), undefined) ??
      hash('sha256', '', 'buffer')
    );
  }
}

export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

/** What one leaf is hashed with on its way to the root, from the bottom up (RFC 6962 §2.1.1). */
export function auditPath(leaves: readonly Uint8Array[], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`no leaf ${index}`);
  if (leaves.length === 1) return [];
  const split = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...auditPath(left, index), merkleRoot(right)]
    : [...auditPath(right, index - split), merkleRoot(left)];
}

/** The root that a leaf and its path lead to; undefined when no tree of this size has such a path (RFC 9162 §2.1.3.2). */
export function rootByPath(
  data: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Buffer | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size || path.some(({ length }) => length !== hashLength)) {
    return undefined;
  }
  let [node, last] = [index, size - 1];
  let root = leafHash(data);
  for (const beside of path) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(beside, root);
      // A node without a neighbour goes up as it is.
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      root = nodeHash(root, beside);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? root : undefined;
}

const half = (n: number) => Math.floor(n / 2);

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
