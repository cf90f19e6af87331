import type { Database } from './database.js';
import { ChainVerifier, faultAt, genesisHash, type ChainFault, type StoredEvent } from './hash-chain.js';
import { SealVerifier, type Sealed, type SealVerifierOptions } from './proof/seal-verifier.js';
import { StoredEvents } from './stored-events.js';

/** Where a chain stands after an event. */
export interface ChainHead {
  readonly position: bigint;
  /** hex */
  readonly hash: string;
}

export interface Verification {
  /** events found to be just what was appended */
  readonly checked: number;
  /** the last of them */
  readonly head: ChainHead;
  /** the first thing that is wrong */
  readonly fault: ChainFault | undefined;
  readonly sealed: Sealed;
}

export interface VerifyOptions extends SealVerifierOptions {
  /** what stands before it is taken as it is */
  readonly from?: bigint;
}

/**
 * Checks every event against the one before it, and every checkpoint against the events that it is of. Without checkpoints
 * from outside it cannot tell that the end was cut off.
 */
export class LogVerifier {
  private readonly chain: ChainVerifier;
  private readonly seals: SealVerifier;
  private checked = 0;
  private fault: ChainFault | undefined;

  /** `before`: the event before the first one to come, which is taken as it is */
  constructor(before: ChainHead, options: SealVerifierOptions) {
    const position = Number(before.position);
    this.chain = new ChainVerifier(position, before.hash);
    this.seals = new SealVerifier(position, options);
  }

  /** The first fault that there is, at this event; nothing is to come after it. */
  next(event: StoredEvent): ChainFault | undefined {
    this.fault = this.chain.checkStored(event) ?? this.seals.next(event);
    if (!this.fault) this.checked++;
    return this.fault;
  }

  /** After the last event, or the first fault. */
  end(): Verification {
    const { chain, checked, seals } = this;
    const fault = this.fault ?? seals.end(chain.head.position);
    const head = { position: BigInt(chain.head.position), hash: chain.head.hash };
    return { checked, head, fault, sealed: seals.sealed };
  }
}

/** Checks the log from a position to its end. */
export async function verifyLog(
  database: Database,
  { from = 1n, ...options }: VerifyOptions = {},
): Promise<Verification> {
  const events = await StoredEvents.open(database);
  try {
    const position = from - 1n;
    const hash = position > 0n ? await events.hashAt(Number(position)) : genesisHash;
    const verifier = new LogVerifier({ position, hash: hash ?? genesisHash }, options);
    if (hash === undefined) return { ...verifier.end(), fault: faultAt(Number(position), 'missing') };
    // A fault stops the reading, which has no other way to be stopped.
    await events
      .each(Number(position), Number.MAX_SAFE_INTEGER, (event) => {
        if (verifier.next(event)) throw new AtFault();
      })
      .catch((error: unknown) => {
        if (!(error instanceof AtFault)) throw error;
      });
    return verifier.end();
  } finally {
    await events.close();
  }
}

class AtFault extends Error {}
