import { setImmediate } from 'node:timers/promises';
import type { Database } from './database.js';
import { ChainVerifier, genesisHash, type ChainFault, type StoredEvent } from './hash-chain.js';

const batchSize = 5_000;

/** Where a chain stands after an event. */
export interface ChainHead {
  readonly position: bigint;
  /** hex */
  readonly hash: string;
}

export interface Verification {
  /** events found to be just what was appended */
  readonly checked: bigint;
  /** the last of them */
  readonly head: ChainHead;
  /** the first thing that is wrong */
  readonly fault: ChainFault | undefined;
}

/**
 * Reads the log from a position to its end and checks every event against the one before it. Memory holds two batches: one
 * is read while the other is hashed. What stands before `from` is taken as it is. It cannot tell that the end was cut off:
 * for that, compare the head with one that was kept elsewhere.
 */
export async function verifyChain(database: Database, from = 1n): Promise<Verification> {
  let head: ChainHead = { position: 0n, hash: genesisHash };
  if (from > 1n) {
    const before = await hashAt(database, from - 1n);
    if (before === undefined) return { checked: 0n, head, fault: { position: from - 1n, problem: 'missing' } };
    head = { position: from - 1n, hash: before };
  }
  const verifier = new ChainVerifier(head.position, head.hash);
  let checked = 0n;
  let next = read(database, head.position);
  for (;;) {
    const events = await next;
    const last = events.at(-1);
    if (!last) return { checked, head, fault: undefined };
    next = read(database, BigInt(last.position));
    // Whoever stops at a fault does not wait for it.
    next.catch(() => undefined);
    // Its question is on its way before this batch takes the thread.
    await setImmediate();
    for (const event of events) {
      const fault = verifier.checkStored(event);
      if (fault) return { checked, head, fault };
      checked++;
    }
    head = { position: BigInt(last.position), hash: last.hash };
  }
}

async function hashAt(database: Database, position: bigint): Promise<string | undefined> {
  const [row] = await database.query<{ hash: string }>({
    name: 'hash-at',
    text: `select encode(hash, 'hex') as hash from events where position = $1`,
    values: [position.toString()],
  });
  return row?.hash;
}

type StoredRow = { -readonly [Name in keyof StoredEvent]: StoredEvent[Name] };

/** As text wherever the text is what was hashed, and times to the microsecond, though only milliseconds are written. */
function read(database: Database, after: bigint): Promise<StoredRow[]> {
  return database.query<StoredRow>({
    name: 'verify-feed',
    // served by events_pkey
    text: `select position::text, stream_id, version::text, type, schema_version::text, event_id::text,
             to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US') as recorded_at, actor::text,
             project_id, request_id, causation_id, correlation_id, payload::text,
             encode(prev_hash, 'hex') as prev_hash, encode(hash, 'hex') as hash
           from events where position > $1 order by events.position limit $2`,
    values: [after.toString(), batchSize],
  });
}
