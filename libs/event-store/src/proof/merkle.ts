import { hash } from 'node:crypto';

/**
 * Merkle trees as in RFC 6962 §2.1: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), and the left part
 * of a tree is the largest full one that leaves something for the right. Pure functions over hex, which costs less than
 * buffers do.
 */
const hex = 'hex';
const hashHex = 64;

// One thread, and no pause between filling and hashing.
const leafBytes = Buffer.alloc(33);
const nodeBytes = Buffer.alloc(65, 1);

/** Of data in hex, in which all hashes are. */
export function leafHash(data: string): string {
  if (data.length !== hashHex) return hash('sha256', Buffer.from(`00${data}`, hex), hex);
  leafBytes.write(data, 1, hex);
  return hash('sha256', leafBytes, hex);
}

function nodeHash(left: string, right: string): string {
  nodeBytes.write(left, 1, hex);
  nodeBytes.write(right, 33, hex);
  return hash('sha256', nodeBytes, hex);
}

/** The root over leaves that come one after the other; keeps one hash a level. */
export class MerkleTree {
  /** roots of full trees, each smaller than the one before it: the ones of `size` in binary */
  private readonly full: string[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(data: string): void {
    let right = leafHash(data);
    for (let left = this.count++; left % 2 === 1; left = (left - 1) / 2) right = nodeHash(this.full.pop()!, right);
    this.full.push(right);
  }

  root(): string {
    return (
      this.full.reduceRight<string | undefined>((right, left) => (right ? nodeHash(left, right) : left), undefined) ??
      hash('sha256', '', hex)
    );
  }
}

export function merkleRoot(leaves: readonly string[]): string {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

/** What one leaf is hashed with on its way to the root, from the bottom up (RFC 6962 §2.1.1). */
export function auditPath(leaves: readonly string[], index: number): string[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`no leaf ${index}`);
  if (leaves.length === 1) return [];
  const split = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...auditPath(left, index), merkleRoot(right)]
    : [...auditPath(right, index - split), merkleRoot(left)];
}

/** The root that a leaf and its path lead to; undefined when no tree of this size has such a path (RFC 9162 §2.1.3.2). */
export function rootByPath(data: string, index: number, size: number, path: readonly string[]): string | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size || !path.every(isHash)) {
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

const isHash = (text: string) => /^[0-9a-f]{64}$/.test(text);
const half = (n: number) => Math.floor(n / 2);

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
