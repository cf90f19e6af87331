import type pg from 'pg';
import { isUnavailable } from './errors.js';

/** A connection in use. One that breaks is not used again, nor does it end the process. */
export class BorrowedConnection {
  private broken: Error | undefined;
  private readonly breaks = (error: Error) => {
    this.broken = error;
  };

  private constructor(readonly client: pg.PoolClient) {
    client.on('error', this.breaks);
  }

  static async from(pool: pg.Pool): Promise<BorrowedConnection> {
    return new BorrowedConnection(await pool.connect());
  }

  /** Something went wrong on it: was it the connection? */
  failed(error: unknown): void {
    if (isUnavailable(error)) this.broken = error as Error;
  }

  giveBack(): void {
    this.client.off('error', this.breaks);
    this.client.release(this.broken);
  }
}
