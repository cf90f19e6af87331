import pg from 'pg';
import { BorrowedConnection } from './borrowed-connection.js';
import { DatabaseUnavailable, isUnavailable } from './errors.js';
import { SharedConnections } from './shared-connections.js';
import { SteadyClient } from './steady-client.js';

/** One SQL statement with its parameters; `name` makes it a prepared statement, planned once a connection. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly name?: string;
  /**
   * The row that it changes, where changes of other streams change it too. Transactions take such rows last, and in the
   * order of these names, so that no two of them wait for each other.
   */
  readonly sharedRow?: string;
}

export interface DatabaseOptions {
  readonly url: string;
  /** connections; 10 serve an API process on two cores */
  readonly poolSize?: number;
  readonly applicationName?: string;
}

const connectTimeoutMs = 5_000;

/**
 * Every statement has one index that serves it in order, whatever its values are: it is planned once a connection, and is
 * not scanned or sorted for because the table was small, or not analyzed yet, when that was (docs/adr/0014).
 */
const plans = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'max_parallel_workers_per_gather=0',
  'jit=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** The pool of the application's role, which may append to the log and write read models but never rewrite history. */
export class Database {
  readonly pool: pg.Pool;
  private readonly shared: SharedConnections;

  constructor(readonly options: DatabaseOptions) {
    this.pool = new pg.Pool({
      ...this.connection(),
      Client: SteadyClient,
      max: options.poolSize ?? 10,
      connectionTimeoutMillis: connectTimeoutMs,
      // Statements are written without waiting for the answers to those before them.
      pipeline: true,
    });
    // An idle connection that breaks is replaced by the next query, which will say so if it cannot.
    this.pool.on('error', () => undefined);
    this.shared = new SharedConnections(this.pool);
  }

  /** For connections of their own: LISTEN, advisory locks. */
  connection(): pg.ClientConfig {
    return {
      connectionString: this.options.url,
      application_name: this.options.applicationName ?? 'vitrine',
      options: `-c role=vitrine_app ${plans}`,
      keepAlive: true,
    };
  }

  async query<Row extends pg.QueryResultRow>({ text, values, name }: Statement): Promise<Row[]> {
    try {
      const { rows } = await this.shared.query<Row>({ text, values: [...values], name });
      return rows;
    } catch (error) {
      throw translated(error);
    }
  }

  /**
   * All or nothing, in one round trip: BEGIN, the statements and COMMIT travel together. A statement that fails makes
   * the rest fail with "current transaction is aborted" and the COMMIT a rollback.
   */
  atomically(statements: readonly Statement[]): Promise<pg.QueryResult[]> {
    return this.borrow(async (client) => {
      const sent = [
        client.query('BEGIN'),
        ...statements.map(({ text, values, name }) => client.query({ text, values: [...values], name })),
        client.query('COMMIT'),
      ];
      const settled = await Promise.allSettled(sent);
      const failed = settled.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
      return settled.slice(1, -1).map((outcome) => (outcome as PromiseFulfilledResult<pg.QueryResult>).value);
    });
  }

  /** A transaction whose statements depend on each other's answers. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.borrow(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      }
    });
  }

  /**
   * A transaction that holds `lock` (an advisory lock of the whole database); undefined, and nothing done, while another
   * process holds it.
   */
  alone<T>(lock: number, work: (client: pg.PoolClient) => Promise<T>): Promise<T | undefined> {
    return this.transaction(async (client) => {
      const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [lock]);
      return rows[0]!.mine ? work(client) : undefined;
    });
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async borrow<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let borrowed: BorrowedConnection | undefined;
    try {
      borrowed = await BorrowedConnection.from(this.pool);
      return await work(borrowed.client);
    } catch (error) {
      borrowed?.failed(error);
      throw translated(error);
    } finally {
      borrowed?.giveBack();
    }
  }
}

function translated(error: unknown): unknown {
  return isUnavailable(error) && !(error instanceof DatabaseUnavailable)
    ? new DatabaseUnavailable({ cause: error })
    : error;
}
