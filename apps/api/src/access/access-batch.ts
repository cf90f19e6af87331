import { randomUUID } from 'node:crypto';
import type { AccessEntry } from '#catalog';

type Refusal = Pick<
  AccessEntry,
  'operation' | 'status' | 'image_id' | 'actor' | 'project' | 'request_id' | 'address' | 'ms'
>;

type Counted = AccessEntry & { count: number };

/** Rows of one user's refusals in a batch; further ones are told without image and address. */
const rowsOfUser = 50;
/** Rows of refusals of callers whom nobody knows; further ones are told without address. */
const rowsOfStrangers = 100;
/** Entries that wait for a database that is away. */
const mostWaiting = 20_000;

/**
 * What happened since the last flush. Refusals that are alike are one row with a count, and how many rows there can be does not
 * depend on how often anybody is refused: a flood costs a known number of them. That a user was refused is told in any case,
 * however many strangers there are.
 */
export class AccessBatch {
  private entries: AccessEntry[] = [];
  private readonly alike = new Map<string, Counted>();
  private readonly rowsOf = new Map<string, number>();
  /** entries for which there was no room */
  dropped = 0;

  get size(): number {
    return this.entries.length;
  }

  /** False when there is no room. */
  add(entry: AccessEntry): boolean {
    if (this.entries.length >= mostWaiting) {
      this.dropped += entry.count;
      return false;
    }
    this.entries.push(entry);
    return true;
  }

  addRefusal(refusal: Refusal): void {
    const { operation, status, actor, project } = refusal;
    const who = actor === null ? '' : `${actor} ${project ?? ''}`;
    // What somebody unknown asked for is his word only.
    const what = { ...refusal, ...(actor === null && { image_id: null }) };
    const exact = JSON.stringify([operation, status, who, what.address, what.image_id]);
    if (this.countOne(exact)) return;
    const rows = this.rowsOf.get(who) ?? 0;
    if (rows < (actor === null ? rowsOfStrangers : rowsOfUser)) {
      this.rowsOf.set(who, rows + 1);
      this.begin(exact, what);
      return;
    }
    const rough = JSON.stringify([operation, status, who]);
    if (!this.countOne(rough)) this.begin(rough, { ...what, image_id: null, address: null });
  }

  /** What there is; the batch is empty then. */
  take(): AccessEntry[] {
    const { entries } = this;
    this.entries = [];
    this.alike.clear();
    this.rowsOf.clear();
    return entries;
  }

  /** What could not be written comes again, before the rest. */
  putBack(entries: readonly AccessEntry[]): void {
    const all = [...entries, ...this.entries];
    this.entries = all.slice(0, mostWaiting);
    this.dropped += all.slice(mostWaiting).reduce((sum, { count }) => sum + count, 0);
  }

  private countOne(key: string): boolean {
    const entry = this.alike.get(key);
    if (entry) entry.count++;
    return entry !== undefined;
  }

  private begin(key: string, refusal: Refusal): void {
    const entry: Counted = {
      ...{ id: randomUUID(), at: new Date(), ...refusal },
      ...{ kind: 'refusal', result: 'refused', owner: null, range_first: null, range_last: null, bytes: 0n, count: 1 },
    };
    if (this.add(entry)) this.alike.set(key, entry);
  }
}
