import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  checkpointHash,
  checkpointText,
  isWellSigned,
  keyOf,
  parseCheckpoint,
  parsePublicKeys,
  publicKeyOf,
  publicPem,
  signCheckpoint,
} from './checkpoint.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const said = {
  ...{ first: 1, last: 1000, root: 'ab'.repeat(32), head: 'cd'.repeat(32), previous: null },
  time: '2026-01-02T03:04:05.678Z',
};
const checkpoint = signCheckpoint(said, privateKey);

describe('a signed checkpoint', () => {
  it('says what it was made of, by which key, and is well signed', () => {
    expect(checkpoint).toMatchObject({ ...said, format: 'vitrine-checkpoint-v1', key: keyOf(publicKey) });
    expect(parseCheckpoint(JSON.parse(checkpointText(checkpoint)))).toEqual(checkpoint);
    expect(isWellSigned(checkpoint)).toBe(true);
  });

  it.each([
    ['first', 2],
    ['last', 1001],
    ['root', 'ac'.repeat(32)],
    ['head', 'cc'.repeat(32)],
    ['previous', 'ab'.repeat(32)],
    ['time', '2026-01-02T03:04:05.679Z'],
    ['key', keyOf(generateKeyPairSync('ed25519').publicKey)],
    ['signature', 'ab'.repeat(64)],
  ])('with another %s is not', (name, value) => {
    const changed = parseCheckpoint({ ...checkpoint, [name]: value });
    expect(isWellSigned(changed!)).toBe(false);
    expect(checkpointHash(changed!)).not.toBe(checkpointHash(checkpoint));
  });

  it.each([
    ['nothing', null],
    ['a member too much', { ...checkpoint, note: 'unsigned' }],
    ['another format', { ...checkpoint, format: 'vitrine-checkpoint-v2' }],
    ['a segment that ends before it begins', { ...checkpoint, first: 1001 }],
    ['a position that is no whole number', { ...checkpoint, last: 1000.5 }],
    ['a short root', { ...checkpoint, root: 'ab' }],
  ])('is not %s', (_, value) => {
    expect(parseCheckpoint(value)).toBeUndefined();
  });

  it('is checked by any tool that knows Ed25519: the signature is over the canonical JSON of the rest', () => {
    const { signature, ...rest } = checkpoint;
    const sorted = Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(sign(null, Buffer.from(JSON.stringify(sorted)), privateKey).toString('hex')).toBe(signature);
  });
});

describe('a file of public keys', () => {
  it('may hold several, with words between them', () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    const file = ['since 2026', publicPem(keyOf(publicKey)), 'before', publicPem(keyOf(other))].join('\n');
    expect([...parsePublicKeys(file)]).toEqual([keyOf(publicKey), keyOf(other)]);
    expect(publicKeyOf(keyOf(other)).equals(other)).toBe(true);
  });

  it('without one, or with one of another kind, is refused', () => {
    expect(() => parsePublicKeys('ssh-ed25519 AAAA')).toThrow('no public key');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    expect(() => parsePublicKeys(rsa.export({ format: 'pem', type: 'spki' }).toString())).toThrow('not an Ed25519 key');
  });
});
