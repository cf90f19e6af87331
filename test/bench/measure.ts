import { readFileSync } from 'node:fs';

/** One line of the table. Ratios, measured side by side in the same run, say more than figures of a noisy machine. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly reference: string;
  readonly referenceValue: number;
  /** value / reference, the median over the rounds */
  readonly ratio: number;
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs both in turn (A B B A …) after one of each that is not counted; medians of both and of the ratio pair by pair. */
export async function paired(
  rounds: number,
  ours: () => Promise<number>,
  reference: () => Promise<number>,
): Promise<Pick<Row, 'value' | 'referenceValue' | 'ratio'>> {
  await ours();
  await reference();
  const pairs: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) pairs.push([await ours(), await reference()]);
    else {
      const after = await reference();
      pairs.push([await ours(), after]);
    }
  }
  return {
    value: median(pairs.map(([a]) => a)),
    referenceValue: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  };
}

/** CPU milliseconds that a process has used so far, all its threads; Linux counts in hundredths of a second. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** MiB of memory that a process has in use (RSS). */
export function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kib) / 1024;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** A figure that has an aim of its own. */
export function aim(what: string, value: number, unit: string, bound: Row['target']): Row {
  const referenceValue = 'atLeast' in bound ? bound.atLeast : bound.atMost;
  const target = 'atLeast' in bound ? { atLeast: 1 } : { atMost: 1 };
  return { what, value, unit, reference: 'the aim', referenceValue, ratio: value / referenceValue, target };
}
