import { faultAt, type ChainFault, type StoredEvent } from '../hash-chain.js';
import { checkpointHash, isWellSigned, parseCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { MerkleTree } from './merkle.js';
import type { OutsideCheckpoints } from './outside-checkpoints.js';
import { sealStream } from './seals.js';
import { SegmentHashes } from './segment-hashes.js';

export interface SealVerifierOptions {
  /** public keys that may have signed; undefined: any */
  readonly keys?: ReadonlySet<string> | undefined;
  readonly outside?: OutsideCheckpoints | undefined;
}

/** What seals say of a log, as far as it was read. */
export interface Sealed {
  /** checkpoints found to be right */
  readonly checkpoints: number;
  /** position up to which they reach; 0 when there is none */
  readonly upTo: number;
  /** keys that signed them */
  readonly keys: ReadonlySet<string>;
}

/** Checks the seals among events that a chain verifier has passed, and the events against checkpoints from outside. */
export class SealVerifier {
  private readonly hashes: SegmentHashes;
  private previous: SignedCheckpoint | undefined;
  private readonly keys = new Set<string>();
  private checkpoints = 0;

  /** `after`: position of the event before the first one to come */
  constructor(
    private readonly after: number,
    private readonly options: SealVerifierOptions,
  ) {
    this.hashes = new SegmentHashes(after + 1);
  }

  get sealed(): Sealed {
    return { checkpoints: this.checkpoints, upTo: this.previous?.last ?? 0, keys: this.keys };
  }

  next(event: StoredEvent): ChainFault | undefined {
    this.hashes.add(event.hash);
    return this.options.outside?.contradict(event) ?? (isSeal(event) ? this.seal(event) : undefined);
  }

  /** Where the log ends. */
  end(head: number): ChainFault | undefined {
    return this.options.outside?.missing(this.after, head);
  }

  private seal(event: StoredEvent): ChainFault | undefined {
    const { position } = event;
    const checkpoint = checkpointOf(event);
    if (!checkpoint) return faultAt(position, 'is in the stream of seals and holds no checkpoint');
    const problem = this.problemOf(checkpoint);
    if (problem !== undefined) return faultAt(position, problem);
    const fault = this.segmentFault(checkpoint, position);
    if (fault) return fault;
    if (this.options.outside?.differs(checkpoint)) {
      return faultAt(position, 'its checkpoint is not the one that is kept outside');
    }
    this.previous = checkpoint;
    this.keys.add(checkpoint.key);
    this.checkpoints++;
    return undefined;
  }

  private problemOf(checkpoint: SignedCheckpoint): string | undefined {
    const { first, previous, key } = checkpoint;
    const { keys } = this.options;
    if (keys && !keys.has(key)) return `its checkpoint is signed by a key that is not among yours: ${key}`;
    if (!isWellSigned(checkpoint)) return 'its checkpoint is not signed by the key that it names';
    // Who begins in the middle takes what was before as it is.
    if (!this.previous && this.after > 0) return undefined;
    const follows = previous === (this.previous ? checkpointHash(this.previous) : null);
    if (!follows || first !== (this.previous?.last ?? 0) + 1) return 'its checkpoint does not follow the one before it';
    return undefined;
  }

  private segmentFault({ first, last, root, head }: SignedCheckpoint, position: number): ChainFault | undefined {
    const isWhole = first === this.hashes.firstPosition;
    const tree = new MerkleTree();
    let end: string | undefined;
    for (const hash of this.hashes.takeUpTo(last)) {
      if (isWhole) tree.add(hash);
      end = hash;
    }
    // A seal is not of itself, nor of what follows.
    const isRight = last < position && (!isWhole || tree.root() === root) && (end === undefined || end === head);
    return isRight
      ? undefined
      : faultAt(
          first,
          `events ${first} to ${last} are not those that the checkpoint at position ${position} was made of`,
        );
  }
}

/** undefined when it is no seal, or a seal without one. */
export function checkpointOf(event: StoredEvent): SignedCheckpoint | undefined {
  if (!isSeal(event)) return undefined;
  return parseCheckpoint((JSON.parse(event.canonical) as { readonly payload: unknown }).payload);
}

/** By the end of its canonical text, which is short: no other event is parsed. */
function isSeal({ canonical }: StoredEvent): boolean {
  return canonical.slice(-80).includes(`,"stream_id":"${sealStream}","type":`);
}
