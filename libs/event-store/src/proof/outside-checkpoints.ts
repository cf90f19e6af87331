import { faultAt, type ChainFault, type StoredEvent } from '../hash-chain.js';
import { checkpointText, isWellSigned, parseCheckpoint, type SignedCheckpoint } from './checkpoint.js';

/** Checkpoints that were kept where the log's owner cannot rewrite them. */
export class OutsideCheckpoints {
  private readonly byEnd = new Map<number, SignedCheckpoint[]>();
  private readonly unseen = new Set<number>();

  /**
   * `values`: parsed JSON, each with the name of where it lies. `keys`: those that may have signed; undefined: any.
   * @throws Error that names what is no checkpoint, or not signed: a copy that proves nothing
   */
  constructor(values: Iterable<readonly [name: string, value: unknown]>, keys?: ReadonlySet<string>) {
    for (const [name, value] of values) {
      const checkpoint = parseCheckpoint(value);
      if (!checkpoint) throw new Error(`${name} holds no checkpoint`);
      if (keys && !keys.has(checkpoint.key)) throw new Error(`${name} is signed by a key that is not among yours`);
      if (!isWellSigned(checkpoint)) throw new Error(`${name} is not signed by the key that it names`);
      const known = this.byEnd.get(checkpoint.last);
      if (known) known.push(checkpoint);
      else this.byEnd.set(checkpoint.last, [checkpoint]);
      this.unseen.add(checkpoint.last);
    }
  }

  get size(): number {
    return this.byEnd.size;
  }

  /** Whether an event is not the one that a checkpoint ends with. */
  contradict({ position, hash }: StoredEvent): ChainFault | undefined {
    const other = this.byEnd.get(position)?.find(({ head }) => head !== hash);
    return (
      other && faultAt(other.first, `events ${other.first} to ${position} are not those of the checkpoint kept outside`)
    );
  }

  /** Whether a checkpoint of the log is another than the one of the same segment; it is known to be in the log from now on. */
  differs(checkpoint: SignedCheckpoint): boolean {
    this.unseen.delete(checkpoint.last);
    const own = checkpointText(checkpoint);
    return this.byEnd.get(checkpoint.last)?.some((other) => checkpointText(other) !== own) ?? false;
  }

  /** What of them the log does not reach, or does not hold; those from before `after` were not looked for. */
  missing(after: number, head: number): ChainFault | undefined {
    const ends = [...this.unseen].filter((end) => end > after).sort((a, b) => a - b);
    const newest = ends.at(-1);
    if (newest === undefined) return undefined;
    const [oldest] = ends as [number, ...number[]];
    if (oldest <= head) {
      return faultAt(
        oldest + 1,
        `after it the log has no checkpoint of the events up to ${oldest}, which is kept outside`,
      );
    }
    return faultAt(
      head + 1,
      `missing: the log ends before it, and a checkpoint kept outside covers events up to ${newest}`,
    );
  }
}
