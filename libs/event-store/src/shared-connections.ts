import type pg from 'pg';
import { BorrowedConnection } from './borrowed-connection.js';
import { isUnavailable } from './errors.js';

/** Enough for both cores of a small machine, and so few that none is idle while there is something to ask. */
const mostShared = 4;
/** A connection that has answered nothing for so long is busy with something large, and gets no more to do meanwhile. */
const stalledMs = 10;

interface SharedConnection {
  readonly borrowed: Promise<BorrowedConnection>;
  /** statements that are not answered yet */
  waiting: number;
  answeredAt: number;
}

/**
 * Single statements of the same moment go down few connections, one behind the other without waiting for answers: fewer
 * wake-ups in both processes, which cost more than a look-up in an index does (docs/adr/0015). A connection goes back to
 * the pool when it has answered all.
 */
export class SharedConnections {
  private readonly open = new Set<SharedConnection>();

  constructor(private readonly pool: pg.Pool) {}

  async query<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<pg.QueryResult<Row>> {
    const shared = this.open.size < mostShared ? this.openOne() : this.leastBusy();
    shared.waiting++;
    try {
      const { client } = await shared.borrowed;
      return await client.query<Row>(statement);
    } catch (error) {
      if (isUnavailable(error)) this.open.delete(shared);
      void shared.borrowed.then((borrowed) => borrowed.failed(error), ignore);
      throw error;
    } finally {
      shared.answeredAt = performance.now();
      if (--shared.waiting === 0) this.close(shared);
    }
  }

  private openOne(): SharedConnection {
    const shared = { borrowed: BorrowedConnection.from(this.pool), waiting: 0, answeredAt: performance.now() };
    this.open.add(shared);
    return shared;
  }

  private leastBusy(): SharedConnection {
    const stalledBefore = performance.now() - stalledMs;
    const load = ({ waiting, answeredAt }: SharedConnection) => (answeredAt < stalledBefore ? Infinity : waiting);
    return [...this.open].reduce((least, one) => (load(one) < load(least) ? one : least));
  }

  private close(shared: SharedConnection): void {
    this.open.delete(shared);
    void shared.borrowed.then((borrowed) => borrowed.giveBack(), ignore);
  }
}

/** Whoever waited for a connection that could not be had was told so. */
const ignore = () => undefined;
