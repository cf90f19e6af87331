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

/**
 * As `canonicalEvent` writes it, from the row's own texts: to_json() writes a text as RFC 8785 does. A time that is not in
 * whole milliseconds was never written so.
 */
const canonicalText = `'{"actor":' || actor || ',"causation_id":' || ${orNull('causation_id')} || ',"correlation_id":' ||
  ${orNull('correlation_id')} || ',"event_id":"' || event_id || '","payload":' || payload || ',"project_id":' ||
  ${orNull('project_id')} || ',"recorded_at":"' || to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS') ||
  case when date_trunc('milliseconds', recorded_at) = recorded_at then '' else '?' end || 'Z","request_id":' ||
  ${orNull('request_id')} || ',"schema_version":' || schema_version || ',"stream_id":' || to_json(stream_id) ||
  ',"type":' || to_json(type) || ',"version":' || version || '}'`;

function orNull(column: string): string {
  return `coalesce(to_json(${column})::text, 'null')`;
}

function read(database: Database, after: bigint): Promise<StoredRow[]> {
  return database.query<StoredRow>({
    name: 'verify-feed',
    // served by events_pkey
    text: `select position, ${canonicalText} as canonical, encode(prev_hash, 'hex') as prev_hash,
             encode(hash, 'hex') as hash
           from events where position > $1 order by position limit $2`,
    values: [after.toString(), batchSize],
  });
}
