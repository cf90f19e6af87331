import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const position = z.int().min(1);

/** Of a checkpoint's JSON, in the log and outside; strict, so that nothing in it is unsigned. */
const signedCheckpoint = z.strictObject({
  format: z.literal('vitrine-checkpoint-v1'),
  first: position,
  last: position,
  root: hex(32),
  head: hex(32),
  previous: hex(32).nullable(),
  time: z.iso.datetime({ precision: 3 }),
  key: hex(32),
  signature: hex(64),
});

/**
 * What a sealer signs of a segment of the log: that its events were these, in this order, after those of the checkpoints
 * before. In the log it is the payload of `LogSealed`; outside, a file of canonical JSON.
 */
export interface SignedCheckpoint {
  readonly format: 'vitrine-checkpoint-v1';
  /** positions of the segment's first and last event */
  readonly first: number;
  readonly last: number;
  /** Merkle root over the hashes of its events (RFC 6962; a leaf's data are the 32 bytes of a hash); hex, as all that follow */
  readonly root: string;
  /** hash of its last event */
  readonly head: string;
  /** SHA-256 of the checkpoint before it, canonical, with its signature; null in the first one */
  readonly previous: string | null;
  /** by the sealer's clock */
  readonly time: string;
  /** the Ed25519 public key, 32 bytes: what is short enough needs no name */
  readonly key: string;
  /** Ed25519 over the canonical JSON (RFC 8785) of all the rest */
  readonly signature: string;
}

export type UnsignedCheckpoint = Omit<SignedCheckpoint, 'format' | 'key' | 'signature'>;

export function signCheckpoint(said: UnsignedCheckpoint, privateKey: KeyObject): SignedCheckpoint {
  const { first, last, root, head, previous, time } = said;
  const key = keyOf(createPublicKey(privateKey));
  const whole = { format: 'vitrine-checkpoint-v1', first, last, root, head, previous, time, key } as const;
  return { ...whole, signature: sign(null, Buffer.from(canonical(whole)), privateKey).toString('hex') };
}

/** undefined when it is none: a member is missing, strange or too much. */
export function parseCheckpoint(value: unknown): SignedCheckpoint | undefined {
  const { data } = signedCheckpoint.safeParse(value);
  return data && data.first <= data.last ? data : undefined;
}

/** By the key that it names; whose that is, is another question. */
export function isWellSigned({ signature, ...said }: SignedCheckpoint): boolean {
  return verify(null, Buffer.from(canonical(said)), publicKeyOf(said.key), Buffer.from(signature, 'hex'));
}

/** What the next checkpoint says of this one. */
export function checkpointHash(checkpoint: SignedCheckpoint): string {
  return hash('sha256', canonical(checkpoint), 'hex');
}

/** Its name outside: in the order of the log. */
export const checkpointFile = ({ last }: SignedCheckpoint) => `${String(last).padStart(16, '0')}.json`;

export const checkpointText = (checkpoint: SignedCheckpoint) => canonical(checkpoint);

/** The 32 bytes of an Ed25519 public key, hex. @throws Error when it is another kind of key */
export function keyOf(publicKey: KeyObject): string {
  if (publicKey.asymmetricKeyType !== 'ed25519') throw new Error('the key is not an Ed25519 key');
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(spkiStart.length).toString('hex');
}

export function publicKeyOf(key: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiStart, Buffer.from(key, 'hex')]), format: 'der', type: 'spki' });
}

/** As files and the API have it. */
export function publicPem(key: string): string {
  return publicKeyOf(key).export({ format: 'pem', type: 'spki' }).toString();
}

/** The keys of a PEM file, of which there may be several: one for each time that the key was changed. @throws Error when there is none, or another kind */
export function parsePublicKeys(pem: string): ReadonlySet<string> {
  const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g) ?? [];
  if (blocks.length === 0) throw new Error('there is no public key (PEM) in it');
  return new Set(blocks.map((block) => keyOf(createPublicKey(block))));
}

/** An Ed25519 key as SPKI in DER (RFC 8410): always these bytes, then the key. */
const spkiStart = Buffer.from('302a300506032b6570032100', 'hex');

function canonical(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('a checkpoint is an object');
  return text;
}
