import pg from 'pg';
import { eventually } from './client.js';

/** The lock that whoever appends waits for (libs/event-store/migrations/0001-events.sql). */
const writersLock = 1447646290;

/** Nothing is appended to this database's log until it is released. */
export async function holdAppends(databaseUrl: string) {
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query('select pg_advisory_lock($1)', [writersLock]);
  const waiting = async () => {
    const { rows } = await holder.query<{ n: number }>(`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%append_events%'`);
    return rows[0]!.n;
  };
  return {
    /** Resolves once somebody wants to append. */
    untilAwaited: (who: string) => eventually(waiting, (n) => n > 0, who),
    release: () => holder.end(),
  };
}
