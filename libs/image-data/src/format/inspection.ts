import { bzip2 } from './bzip2.js';
import type { Danger } from './dangers.js';
import { gpt } from './gpt.js';
import { gzip } from './gzip.js';
import { longestTail, type Format, type Inspector } from './inspector.js';
import { InspectorRun } from './inspector-run.js';
import { iso } from './iso.js';
import { luks } from './luks.js';
import { ova } from './ova.js';
import { ploop } from './ploop.js';
import { qcow2 } from './qcow2.js';
import { qed } from './qed.js';
import { Tail } from './tail.js';
import { vdi } from './vdi.js';
import { vhd } from './vhd.js';
import { vhdx } from './vhdx.js';
import { vmdk } from './vmdk.js';
import { xz } from './xz.js';
import { zstd } from './zstd.js';

export const inspectors: readonly Inspector[] = [
  ...[qcow2, vmdk, vdi, vhd, vhdx, qed, luks, iso, gpt, ploop, ova],
  ...[gzip, xz, bzip2, zstd],
];

/** What a size can be everywhere in Vitrine; a header that says more lies. */
const largestSize = 2n ** 63n - 1n;

/** What the bytes of an image say that it is. */
export interface Inspected {
  /** the first that was found; `raw` when nothing was */
  readonly format: Format | 'raw';
  /** all that were found */
  readonly formats: readonly Format[];
  /** which of the format's kinds, for a person */
  readonly variant: string | undefined;
  /** bytes of the file */
  readonly size: bigint;
  /** bytes that a guest sees; undefined when the format does not say */
  readonly virtualSize: bigint | undefined;
  /** compressed data, of whatever format is inside */
  readonly isWrapped: boolean;
  /** empty: it is safe */
  readonly dangers: readonly Danger[];
}

/**
 * Looks into a stream that passes by: all inspectors at once, each of which holds the one region that it asked for. One that
 * has what it needs, or cannot match, costs nothing any more.
 */
export class Inspection {
  private readonly runs: readonly InspectorRun[];
  private reading: readonly InspectorRun[];
  private readonly tail = new Tail(longestTail);
  private position = 0;

  constructor(using: readonly Inspector[] = inspectors) {
    this.runs = using.map((inspector) => new InspectorRun(inspector));
    this.reading = this.runs.filter((run) => run.isReading);
  }

  /** The next bytes, in order; nothing of them is kept by reference. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    for (const run of this.reading) run.take(this.position, chunk);
    this.position += chunk.byteLength;
    this.tail.take(chunk);
    if (this.reading.some((run) => !run.isReading)) this.reading = this.reading.filter((run) => run.isReading);
  }

  /** Nobody waits for anything but the last bytes: those between may be skipped. */
  get needsOnlyTail(): boolean {
    return this.reading.length === 0;
  }

  /** So many bytes that nobody needs. */
  skip(bytes: number): void {
    if (!this.needsOnlyTail) throw new Error('an inspector still reads');
    this.position += bytes;
    this.tail.forget();
  }

  /** Memory that the inspectors hold now, bytes. */
  get held(): number {
    return this.tail.held + this.runs.reduce((sum, run) => sum + run.held, 0);
  }

  /** Inspectors that failed where they should have found out something: faults of theirs, whatever the bytes. */
  get faults(): readonly unknown[] {
    return this.runs.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  }

  finish(): Inspected {
    for (const run of this.runs) run.finish(this.tail, this.position);
    return this.sofar();
  }

  /** What is known now; whatever comes adds formats and dangers, and never takes one away once only the tail is needed. */
  sofar(): Inspected {
    const size = BigInt(this.position);
    const matches = withoutWeakOnes(this.runs.filter((run) => run.matched));
    const formats = matches.map(({ inspector }) => inspector.format);
    const [first] = matches;
    if (!first) {
      return { format: 'raw', formats, variant: undefined, size, virtualSize: size, isWrapped: false, dangers: [] };
    }
    const { variant, virtualSize } = first.findings;
    const isBelievable = virtualSize === undefined || virtualSize <= largestSize;
    return {
      format: first.inspector.format,
      formats,
      variant,
      size,
      virtualSize: isBelievable ? virtualSize : undefined,
      isWrapped: first.inspector.kind === 'wrapper',
      dangers: [
        ...(matches.length > 1 ? ['several-formats' as const] : []),
        ...(isBelievable ? [] : ['size-unbelievable' as const]),
        ...new Set(matches.flatMap(({ findings }) => findings.dangers)),
      ],
    };
  }
}

/** Two bytes make a partition table: a disc that also boots from USB has one, and compressed data may by chance. */
function withoutWeakOnes(matches: readonly InspectorRun[]): readonly InspectorRun[] {
  const isStronger = ({ inspector }: InspectorRun) => inspector.format === 'iso' || inspector.kind === 'wrapper';
  return matches.length === 2 && matches.some(isStronger)
    ? matches.filter(({ inspector }) => inspector.format !== 'gpt')
    : matches;
}
