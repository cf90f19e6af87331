import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { auditPath, leafHash, merkleRoot, MerkleTree, rootByPath } from './merkle.js';

/** The inputs and roots that Certificate Transparency's own implementations test with. */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
describe('a Merkle tree is that of RFC 6962', () => {
  it.each(roots.map((root, size) => [size, root] as const))('the root over %i leaves is %s', (size, root) => {
    expect(merkleRoot(inputs.slice(0, size))).toBe(root);
  });

  it('a leaf and a node are hashed differently, so that a node is never taken for a leaf', () => {
    const [left, right] = [leafHash(inputs[1]!), leafHash(inputs[2]!)];
    expect(leafHash(left + right)).not.toBe(merkleRoot([inputs[1]!, inputs[2]!]));
  });

  it.each([
    [0, 1, []],
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [
      1,
      5,
      [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ])('the path of leaf %i of %i', (index, size, expected) => {
    expect(auditPath(inputs.slice(0, size), index)).toEqual(expected);
    expect(rootByPath(inputs[index]!, index, size, expected)).toBe(roots[size]);
  });
});

const data = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const leaves = fc.array(fc.oneof(data, fc.constant('ab'.repeat(32))), { minLength: 1, maxLength: 70 });
/** One bit of several pieces of bytes, counted from the first. */
function flip(pieces: readonly Uint8Array[], bit: number): void {
  let byte = Math.floor(bit / 8);
  for (const piece of pieces) {
    if (byte < piece.length) {
      piece[byte]! ^= 1 << (bit % 8);
      return;
    }
    byte -= piece.length;
  }
}

const leafOfTree = leaves.chain((all) => fc.tuple(fc.constant(all), fc.nat(all.length - 1)));

describe('a proof', () => {
  it('of every leaf of every tree leads to its root', () => {
    fc.assert(
      fc.property(leaves, (all) => {
        const root = merkleRoot(all);
        for (const [index, leaf] of all.entries()) {
          expect(rootByPath(leaf, index, all.length, auditPath(all, index))).toBe(root);
        }
      }),
    );
  });

  it('in which any bit is another leads elsewhere', () => {
    fc.assert(
      fc.property(leafOfTree, fc.nat(), ([all, index], bit) => {
        const proof = [all[index]!, ...auditPath(all, index)].map((text) => Buffer.from(text, 'hex'));
        const length = proof.reduce((sum, bytes) => sum + 8 * bytes.length, 0);
        fc.pre(length > 0);
        flip(proof, bit % length);
        const [leaf, ...changed] = proof.map((bytes) => bytes.toString('hex'));
        expect(rootByPath(leaf!, index, all.length, changed)).not.toBe(merkleRoot(all));
      }),
    );
  });

  it('proves neither another place in the tree, nor with a node more or less', () => {
    fc.assert(
      fc.property(leafOfTree, fc.nat(69), ([all, index], other) => {
        const root = merkleRoot(all);
        const proof = auditPath(all, index);
        const from = (place: number, nodes: readonly string[]) => rootByPath(all[index]!, place, all.length, nodes);
        if (all[other % all.length] !== all[index]) expect(from(other % all.length, proof)).not.toBe(root);
        expect(from(index, [...proof, leafHash(all[0]!)])).toBeUndefined();
        if (proof.length > 0) expect(from(index, proof.slice(0, -1))).not.toBe(root);
      }),
    );
  });

  it.each([
    [-1, 2],
    [2, 2],
    [0.5, 2],
    [0, 0],
  ])('of leaf %d of %d is none', (index, size) => {
    expect(rootByPath(inputs[0]!, index, size, [])).toBeUndefined();
    expect(() => auditPath(inputs.slice(0, size), index)).toThrow(RangeError);
  });

  it('with a node that is no hash is none', () => {
    expect(rootByPath(inputs[0]!, 0, 2, ['ab'.repeat(31)])).toBeUndefined();
  });
});

it('a tree that grows has after each leaf the root of all so far', () => {
  fc.assert(
    fc.property(leaves, (all) => {
      const tree = new MerkleTree();
      for (const [index, leaf] of all.entries()) {
        tree.add(leaf);
        expect(tree.root()).toBe(merkleRoot(all.slice(0, index + 1)));
      }
      expect(tree.size).toBe(all.length);
    }),
  );
});
