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

const genesis: ChainHead = { position: 0n, hash: genesisHash };

/**
 * Reads the log from a position to its end and checks every event against the one before it, and every checkpoint against
 * the events that it is of. Without checkpoints from outside it cannot tell that the end was cut off.
 */
export async function verifyLog(
  database: Database,
  { from = 1n, ...options }: VerifyOptions = {},
): Promise<Verification> {
  const events = await StoredEvents.open(database);
  try {
    const before = from - 1n;
    const hash = before > 0n ? await events.hashAt(Number(before)) : genesisHash;
    if (hash === undefined) {
      const sealed = { checkpoints: 0, upTo: 0, keys: new Set<string>() };
      return { checked: 0, head: genesis, fault: faultAt(Number(before), 'missing'), sealed };
    }
    return await verifyEvents(events.pages(Number(before)), { position: before, hash }, options);
  } finally {
    await events.close();
  }
}

/** The same of events that come from anywhere, in pages; `before`: the event before the first one. */
export async function verifyEvents(
  pages: AsyncIterable<readonly StoredEvent[]>,
  before: ChainHead,
  options: SealVerifierOptions,
): Promise<Verification> {
  const start = Number(before.position);
  const chain = new ChainVerifier(start, before.hash);
  const seals = new SealVerifier(start, options);
  let head = before;
  let checked = 0;
  const verification = (fault: ChainFault | undefined): Verification => ({
    checked,
    head,
    fault,
    sealed: seals.sealed,
  });
  for await (const events of pages) {
    for (const event of events) {
      const fault = chain.checkStored(event) ?? seals.next(event);
      if (fault) return verification(fault);
      checked++;
    }
    const last = events.at(-1)!;
    head = { position: BigInt(last.position), hash: last.hash };
  }
  return verification(seals.end(Number(head.position)));
}
