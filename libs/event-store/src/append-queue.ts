import type { Database, Statement } from './database.js';
import { isUnavailable } from './errors.js';
import type { NewEvent } from './event.js';
import { canonicalEvent } from './hash-chain.js';

interface Append {
  readonly events: readonly NewEvent[];
  readonly alongside: readonly Statement[];
  readonly resolve: (position: bigint) => void;
  readonly reject: (error: unknown) => void;
}

/** One commits while the next one writes its read models; more would only wait for the writers' lock. */
const mostTransactions = 2;
const mostTogether = 32;

/**
 * Appends that come while others are under way go together into the next transaction: one lock, one flush to the disk and
 * one round trip for all of them (docs/adr/0010). One that fails takes nobody with it: then each is tried by itself.
 */
export class AppendQueue {
  private readonly waiting: Append[] = [];
  private running = 0;

  constructor(private readonly database: Database) {}

  /** The position of the last of the events. */
  add(events: readonly NewEvent[], alongside: readonly Statement[]): Promise<bigint> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ events, alongside, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    if (this.running === mostTransactions || this.waiting.length === 0) return;
    this.running++;
    void this.together(this.waiting.splice(0, mostTogether)).finally(() => {
      this.running--;
      this.next();
    });
  }

  private async together(appends: readonly Append[]): Promise<void> {
    try {
      let position = (await this.write(appends)) - countOf(appends);
      for (const { events, resolve } of appends) resolve((position += BigInt(events.length)));
    } catch (error) {
      const [only, ...more] = appends;
      if (more.length === 0) only!.reject(error);
      else if (isUnavailable(error)) for (const { reject } of appends) reject(error);
      else for (const append of appends) await this.together([append]);
    }
  }

  /** The position of the last event of all. */
  private async write(appends: readonly Append[]): Promise<bigint> {
    const alongside = inOrder(appends.flatMap((append) => append.alongside));
    const append = appendStatement(appends.flatMap(({ events }) => events));
    if (alongside.length === 0) {
      const [row] = await this.database.query<{ position: string }>(append);
      return BigInt(row!.position);
    }
    const results = await this.database.atomically([...alongside, append]);
    return BigInt((results.at(-1)!.rows[0] as { position: string }).position);
  }
}

/** Statements on rows that appends share come last, in one order for everybody. */
function inOrder(statements: readonly Statement[]): Statement[] {
  const shared = statements.filter(({ sharedRow }) => sharedRow !== undefined);
  const own = statements.filter(({ sharedRow }) => sharedRow === undefined);
  return [...own, ...shared.sort((a, b) => (a.sharedRow! < b.sharedRow! ? -1 : a.sharedRow === b.sharedRow ? 0 : 1))];
}

const countOf = (appends: readonly Append[]) => appends.reduce((sum, { events }) => sum + BigInt(events.length), 0n);

function appendStatement(events: readonly NewEvent[]): Statement {
  return {
    name: 'append-events',
    text: 'select append_events($1::json[]) as position',
    values: [events.map(canonicalEvent)],
  };
}
