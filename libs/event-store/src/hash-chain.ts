import { hash } from 'node:crypto';
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

/** An event as it is stored, to the letter; what verifying reads. */
export interface StoredEvent {
  readonly position: string;
  /** the bytes that the hash covers, made of the row without parsing its JSON: a space more in a payload is a change */
  readonly canonical: string;
  /** hex, as the next one */
  readonly prev_hash: string;
  readonly hash: string;
}

/** SHA-256 over prev_hash (32 bytes), position (8 bytes, big-endian) and the canonical event; hex. As append_events() in SQL. */
export function eventHash(prevHash: string, position: bigint, canonical: string): string {
  const bytes = Buffer.allocUnsafe(40 + Buffer.byteLength(canonical));
  bytes.write(prevHash, 'hex');
  bytes.writeBigInt64BE(position, 32);
  bytes.write(canonical, 40);
  return hash('sha256', bytes, 'hex');
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
    return this.next(BigInt(row.position), row.prev_hash, row.hash, () => row.canonical);
  }

  private next(position: bigint, prevHash: string, own: string, canonical: () => string): ChainFault | undefined {
    const expected = this.position + 1n;
    const fault = (problem: string): ChainFault => ({ position: expected, problem });
    if (position !== expected) return fault(`missing: the next event is ${position}`);
    if (prevHash !== this.hash) return fault('does not follow the event before it');
    if (eventHash(this.hash, position, canonical()) !== own) {
      return fault('its content is not what its hash was made of');
    }
    this.position = position;
    this.hash = own;
    return undefined;
  }
}
