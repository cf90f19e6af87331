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
  readonly position: number;
  /** the bytes that the hash covers, made of the row without parsing its JSON: a space more in a payload is a change */
  readonly canonical: string;
  /** hex, as the next one */
  readonly prevHash: string;
  readonly hash: string;
}

// Hashed without a pause after it was filled; grows to the largest event.
let bytes = Buffer.alloc(1 << 16);

/** SHA-256 over prev_hash (32 bytes), position (8 bytes, big-endian) and the canonical event; hex. As append_events() in SQL. */
export function eventHash(prevHash: string, position: number, canonical: string): string {
  const most = 40 + 3 * canonical.length;
  if (bytes.length < most) bytes = Buffer.alloc(2 * most);
  bytes.write(prevHash, 'hex');
  bytes.writeUInt32BE(Math.floor(position / 2 ** 32), 32);
  bytes.writeUInt32BE(position % 2 ** 32, 36);
  const end = 40 + bytes.write(canonical, 40);
  return hash('sha256', bytes.subarray(0, end), 'hex');
}

/** The first thing that is wrong with a log. */
export interface ChainFault {
  readonly position: bigint;
  readonly problem: string;
}

export const faultAt = (position: number, problem: string): ChainFault => ({ position: BigInt(position), problem });

/** Checks events against the one before them, in order; keeps only the last hash. */
export class ChainVerifier {
  /** `position` and `hash` of the event before the first one to come */
  constructor(
    private position = 0,
    private hash = genesisHash,
  ) {}

  /** the last event that was right */
  get head(): { readonly position: number; readonly hash: string } {
    return { position: this.position, hash: this.hash };
  }

  /** undefined when the event is just what was appended here. */
  check(event: RecordedEvent): ChainFault | undefined {
    const { prevHash, hash } = event;
    return this.checkStored({ position: Number(event.position), canonical: canonicalEvent(event), prevHash, hash });
  }

  /** The same, of a row to the letter. */
  checkStored({ position, canonical, prevHash, hash }: StoredEvent): ChainFault | undefined {
    const expected = this.position + 1;
    if (position !== expected) return faultAt(expected, `missing: the next event is ${position}`);
    if (prevHash !== this.hash) return faultAt(expected, 'does not follow the event before it');
    if (eventHash(prevHash, position, canonical) !== hash) {
      return faultAt(expected, 'its content is not what its hash was made of');
    }
    this.position = position;
    this.hash = hash;
    return undefined;
  }
}
