import type { Database } from '../database.js';
import { parseCheckpoint, type SignedCheckpoint } from './checkpoint.js';

/** The stream of all seals, and the type of its events: their payload is the signed checkpoint. */
export const sealStream = 'seal';
export const sealType = 'LogSealed';
export const sealSchemaVersion = 1;

/** A checkpoint where it is in the log. */
export interface Seal {
  readonly position: bigint;
  /** of the stream of seals */
  readonly version: number;
  readonly checkpoint: SignedCheckpoint;
}

/** What no seal covers yet. */
export interface Unsealed {
  readonly count: number;
  /** when the first event that is no seal was recorded; undefined when there are only seals, which wait for others */
  readonly since: Date | undefined;
}

/** The checkpoints in the log, found by the end of their segments. */
export class Seals {
  constructor(private readonly database: Database) {}

  async newest(): Promise<Seal | undefined> {
    const [row] = await this.database.query<SealRow>({
      name: 'newest-seal',
      // served by events_of_seals, as the next two
      text: `select ${columns} from events where stream_id = 'seal' order by ${last} desc limit 1`,
      values: [],
    });
    return row && sealOf(row);
  }

  /** The seal whose segment has the event at a position. */
  async covering(position: bigint): Promise<Seal | undefined> {
    const [seal] = await this.after(position - 1n, 1);
    return seal && BigInt(seal.checkpoint.first) <= position ? seal : undefined;
  }

  /** Those whose segments end behind a position, in order. */
  async after(position: bigint, limit: number): Promise<Seal[]> {
    const rows = await this.database.query<SealRow>({
      name: 'seals-after',
      text: `select ${columns} from events where stream_id = 'seal' and ${last} > $1 order by ${last} limit $2`,
      values: [position.toString(), limit],
    });
    return rows.map(sealOf);
  }

  /** The newest first. */
  async before(position: bigint, limit: number): Promise<Seal[]> {
    const rows = await this.database.query<SealRow>({
      name: 'seals-before',
      text: `select ${columns} from events where stream_id = 'seal' and ${last} < $1 order by ${last} desc limit $2`,
      values: [position.toString(), limit],
    });
    return rows.map(sealOf);
  }

  async unsealedAfter(position: bigint): Promise<Unsealed> {
    const [row] = await this.database.query<{ head: string | null; since: Date | null }>({
      name: 'unsealed',
      // served by events_pkey
      text: `select (select position from events order by position desc limit 1) as head,
        (select recorded_at from events where position > $1 and stream_id <> 'seal' order by position limit 1) as since`,
      values: [position.toString()],
    });
    const { head, since } = row!;
    return { count: Number(BigInt(head ?? 0) - position), since: since ?? undefined };
  }

  /** Hashes of the events of a segment, in order: the leaves of its tree. */
  async leaves({ first, last: end }: Pick<SignedCheckpoint, 'first' | 'last'>): Promise<string[]> {
    const rows = await this.database.query<{ hash: string }>({
      name: 'segment-leaves',
      // served by events_pkey
      text: `select encode(hash, 'hex') as hash from events where position between $1 and $2 order by position`,
      values: [first, end],
    });
    return rows.map(({ hash }) => hash);
  }
}

interface SealRow {
  readonly [name: string]: unknown;
  readonly position: string;
  readonly version: string;
  readonly payload: unknown;
}

const columns = 'position, version, payload';
const last = `((payload ->> 'last')::bigint)`;

function sealOf({ position, version, payload }: SealRow): Seal {
  const checkpoint = parseCheckpoint(payload);
  if (!checkpoint) throw new Error(`the seal at position ${position} is no checkpoint: run vitrine audit verify`);
  return { position: BigInt(position), version: Number(version), checkpoint };
}
