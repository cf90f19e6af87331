import { eventColumns, recorded, type Database, type EventRow, type RecordedEvent } from '#event-store';
import { historyStatement, type HistoryQuery } from './history.query.js';
import { StatementNames } from '../statement-names.js';

/** A page of events, and the position up to which it tells the log. */
export interface HistoryPage {
  readonly trueFor: bigint;
  readonly events: readonly RecordedEvent[];
}

/** Searches the log by its read model, which is some milliseconds behind, and says how far it has come. */
export class History {
  private readonly names = new StatementNames('history');

  constructor(private readonly database: Database) {}

  async search(query: HistoryQuery): Promise<HistoryPage> {
    const statement = historyStatement(query);
    const rows = await this.database.query<{ true_for: string; position: string | null }>({
      ...statement,
      name: this.names.of(statement.text),
    });
    const positions = rows.map(({ position }) => position).filter((position) => position !== null);
    return { trueFor: BigInt(rows[0]!.true_for), events: await this.events(positions) };
  }

  /** In the order of their positions as given. */
  private async events(positions: readonly string[]): Promise<RecordedEvent[]> {
    if (positions.length === 0) return [];
    const rows = await this.database.query<EventRow>({
      name: 'history-events',
      // served by events_pkey
      text: `select ${eventColumns} from events where position = any($1::bigint[])`,
      values: [positions],
    });
    const found = new Map(rows.map((row) => [row.position, recorded(row)]));
    return positions.map((position) => found.get(position)!);
  }

  /**
   * Where the log was at a time: everything up to the first event that was recorded later. What the read model has not
   * reached is looked for in the log itself.
   */
  async positionAt(time: Date): Promise<bigint> {
    const [row] = await this.database.query<{ position: string }>({
      name: 'position-at',
      // served by events_by_clock, and by events_pkey for the few that came since
      text: `select coalesce(
          (select position from history.events where clock > $1 order by clock, position limit 1),
          (select position from events where recorded_at > $1 and position >
            coalesce((select checkpoint from subscriptions where name = 'history'), 0) order by position limit 1),
          (select position + 1 from events order by position desc limit 1), 1) - 1 as position`,
      values: [time],
    });
    return BigInt(row!.position);
  }
}
