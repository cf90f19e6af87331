import type { Database } from '#event-store';
import { accessStatement, type AccessKind, type AccessQuery } from './access-log.query.js';
import { StatementNames } from '../statement-names.js';

export type AccessResult = 'begun' | 'complete' | 'aborted' | 'failed' | 'refused';

/** One download, or refusals that are alike. */
export interface AccessEntry {
  readonly id: string;
  /** when it was over */
  readonly at: Date;
  readonly kind: AccessKind;
  /** method and route */
  readonly operation: string;
  readonly status: number;
  readonly result: AccessResult;
  readonly image_id: string | null;
  /** project that had the image then */
  readonly owner: string | null;
  /** user id; null when nobody was authenticated */
  readonly actor: string | null;
  readonly project: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  /** the bytes that were asked for, both included; null: all */
  readonly range_first: bigint | null;
  readonly range_last: bigint | null;
  /** that were sent */
  readonly bytes: bigint;
  readonly ms: number;
  /** how many this one tells */
  readonly count: number;
}

type Stored = Record<'range_first' | 'range_last', string | null> & Record<'bytes' | 'ms', string>;

/** Who read which data, and who was refused what: appended to in batches, searched, and forgotten after some days. */
export class AccessLog {
  private readonly names = new StatementNames('access');

  constructor(private readonly database: Database) {}

  /** All or none of them; entries that are there already stay once. */
  async write(entries: readonly AccessEntry[]): Promise<void> {
    const text = JSON.stringify(entries, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
    await this.database.query({
      name: 'access-write',
      text: 'select access.write_entries($1::json)',
      values: [text],
    });
  }

  async search(query: AccessQuery): Promise<AccessEntry[]> {
    const statement = accessStatement(query);
    const rows = await this.database.query<Omit<AccessEntry, keyof Stored> & Stored>({
      ...statement,
      name: this.names.of(statement.text),
    });
    return rows.map((row) => ({
      ...row,
      range_first: row.range_first === null ? null : BigInt(row.range_first),
      range_last: row.range_last === null ? null : BigInt(row.range_last),
      bytes: BigInt(row.bytes),
      ms: Number(row.ms),
    }));
  }

  /** Makes room for the next days and forgets what is older; returns what was dropped, one name a day. */
  async keep(days: number): Promise<string[]> {
    const text = 'select name from access.keep_days($1) as name order by 1';
    const rows = await this.database.query<{ name: string }>({ text, values: [days] });
    return rows.map(({ name }) => name);
  }
}
