import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { NewEvent, RecordedEvent } from './event.js';

/** 32 zero bytes: what the first event follows. */
export const genesisHash = '0'.repeat(64);

/** The bytes that an event's hash covers beside its position and the hash before it: its canonical JSON (RFC 8785). */
export function canonicalEvent(event: NewEvent): string {
  const text = canonicalize({
    actor: event.actor,
    causation_id: event.causationId,
    correlation_id: event.correlationId,
    event_id: event.eventId,
    payload: event.payload,
    project_id: event.projectId,
    recorded_at: event.recordedAt.toISOString(),
    request_id: event.requestId,
    schema_version: event.schemaVersion,
    stream_id: event.streamId,
    type: event.type,
    version: event.version,
  });
  if (text === undefined) throw new Error('an event is an object');
  return text;
}

/** An event's row to the letter, numbers and JSON as the text that is stored; what verifying reads. */
export interface StoredEvent {
  readonly position: string;
  readonly stream_id: string;
  readonly version: string;
  readonly type: string;
  readonly schema_version: string;
  readonly event_id: string;
  /** UTC with six decimals and no zone */
  readonly recorded_at: string;
  readonly actor: string;
  readonly project_id: string | null;
  readonly request_id: string | null;
  readonly causation_id: string | null;
  readonly correlation_id: string | null;
  readonly payload: string;
  /** hex, as the next one */
  readonly prev_hash: string;
  readonly hash: string;
}

const text = (value: string | null) => JSON.stringify(value);

/**
 * The same bytes as `canonicalEvent` from a row, without parsing its JSON: a space more in a payload is a change. It writes
 * texts as RFC 8785 does, which is JSON.stringify's way.
 */
export function storedCanonical(row: StoredEvent): string {
  const time = row.recorded_at.endsWith('000') ? row.recorded_at.slice(0, -3) : row.recorded_at;
  return (
    `{"actor":${row.actor},"causation_id":${text(row.causation_id)},"correlation_id":${text(row.correlation_id)}` +
    `,"event_id":"${row.event_id}","payload":${row.payload},"project_id":${text(row.project_id)}` +
    `,"recorded_at":"${time}Z","request_id":${text(row.request_id)},"schema_version":${row.schema_version}` +
    `,"stream_id":${text(row.stream_id)},"type":${text(row.type)},"version":${row.version}}`
  );
}

/** SHA-256 over prev_hash (32 bytes), position (8 bytes, big-endian) and the canonical event; hex. As append_events() in SQL. */
export function eventHash(prevHash: string, position: bigint, canonical: string): string {
  const head = Buffer.alloc(40);
  head.write(prevHash, 'hex');
  head.writeBigInt64BE(position, 32);
  return createHash('sha256').update(head).update(canonical, 'utf8').digest('hex');
}

/** The first thing that is wrong with a chain. */
export interface ChainFault {
  readonly position: bigint;
  readonly problem: string;
}

/** Checks events against the one before them, in order; keeps only the last hash. */
export class ChainVerifier {
  constructor(
    private position = 0n,
    private hash = genesisHash,
  ) {}

  /** undefined when the event is just what was appended here. */
  check(event: RecordedEvent): ChainFault | undefined {
    return this.next(event.position, event.prevHash, event.hash, () => canonicalEvent(event));
  }

  /** The same, of a row to the letter. */
  checkStored(row: StoredEvent): ChainFault | undefined {
    return this.next(BigInt(row.position), row.prev_hash, row.hash, () => storedCanonical(row));
  }

  private next(position: bigint, prevHash: string, hash: string, canonical: () => string): ChainFault | undefined {
    const expected = this.position + 1n;
    const fault = (problem: string): ChainFault => ({ position: expected, problem });
    if (position !== expected) return fault(`missing: the next event is ${position}`);
    if (prevHash !== this.hash) return fault('does not follow the event before it');
    if (eventHash(this.hash, position, canonical()) !== hash) {
      return fault('its content is not what its hash was made of');
    }
    this.position = position;
    this.hash = hash;
    return undefined;
  }
}
