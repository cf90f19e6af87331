import canonicalize from 'canonicalize';
import { z } from 'zod';
import type { RecordedEvent } from '../event.js';
import { canonicalEvent, eventHash } from '../hash-chain.js';
import { isWellSigned, parseCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { auditPath, rootByPath } from './merkle.js';

/** That one event is in the log: all that whoever has the public key needs to check it, and nothing of other events but hashes. */
export interface InclusionProof {
  readonly format: 'vitrine-proof-v1';
  /** what its hash covers beside its position and the hash before it: its canonical JSON is what was hashed */
  readonly event: Readonly<Record<string, unknown>>;
  readonly position: number;
  readonly prev_hash: string;
  readonly hash: string;
  /** from its leaf to the checkpoint's root (RFC 6962 §2.1.1); the leaf is number `position - first` of `last - first + 1` */
  readonly path: readonly string[];
  readonly checkpoint: SignedCheckpoint;
}

const proof = z.strictObject({
  format: z.literal('vitrine-proof-v1'),
  event: z.record(z.string(), z.unknown()),
  position: z.int().min(1),
  prev_hash: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string(),
  path: z.array(z.string()),
  checkpoint: z.unknown(),
});

/** `leaves`: hashes of all events of the checkpoint's segment, in order. */
export function proveInclusion(
  event: RecordedEvent,
  checkpoint: SignedCheckpoint,
  leaves: readonly string[],
): InclusionProof {
  const position = Number(event.position);
  return {
    format: 'vitrine-proof-v1',
    event: JSON.parse(canonicalEvent(event)) as Record<string, unknown>,
    position,
    prev_hash: event.prevHash,
    hash: event.hash,
    path: auditPath(leaves, position - checkpoint.first),
    checkpoint,
  };
}

/** The proof when it proves what it says to those who trust the keys; otherwise what is wrong with it. */
export function checkProof(
  value: unknown,
  keys: ReadonlySet<string>,
): { readonly proof: InclusionProof } | { readonly problem: string } {
  const { data } = proof.safeParse(value);
  const checkpoint = data && parseCheckpoint(data.checkpoint);
  if (!data || !checkpoint) return { problem: 'this is no proof of an event (vitrine-proof-v1)' };
  if (!keys.has(checkpoint.key)) {
    return { problem: `the checkpoint is signed by a key that is not among yours: ${checkpoint.key}` };
  }
  if (!isWellSigned(checkpoint)) return { problem: 'the checkpoint is not signed by the key that it names' };
  const { event, position, prev_hash: prevHash, hash, path } = data;
  if (eventHash(prevHash, position, canonicalize(event) ?? '') !== hash) {
    return { problem: 'the event is not what its hash was made of' };
  }
  const { first, last, root } = checkpoint;
  if (rootByPath(hash, position - first, last - first + 1, path) !== root) {
    return { problem: `the path does not lead from the event to the root of the checkpoint of ${first} to ${last}` };
  }
  return { proof: { ...data, checkpoint } };
}
