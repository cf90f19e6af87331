import type { Bytes } from './bytes.js';
import type { Danger } from './dangers.js';

/**
 * A region of the image to look at: so many bytes from a position on, or the last ones. Regions are asked for in the order
 * of the stream: one that does not lie behind the one before has passed by, and is empty. So is one beyond the end; one
 * that reaches over it is shorter.
 */
export type Region = { readonly start: number; readonly length: number } | { readonly last: number };

export const region = (start: number, length: number): Region => ({ start, length });
export const last = (bytes: number): Region => ({ last: bytes });

/** Longer ones are cut: no length that a file names decides how much memory it gets. */
export const longestRegion = 1 << 20;
/** Of the end that much can be looked at. */
export const longestTail = 1536;

/** Reads regions, one after the other, as they pass by: `const header = yield region(0, 512)`. */
export type Reading<Result> = Generator<Region, Result, Bytes>;

/** What the inspector of a format has read. */
export interface Findings {
  /** which of the format's kinds, for a person */
  readonly variant?: string | undefined;
  /** bytes that a guest sees; undefined when the format does not say */
  readonly virtualSize: bigint | undefined;
  readonly dangers: readonly Danger[];
}

export type Format =
  | ('qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'qed' | 'luks' | 'iso' | 'gpt' | 'ploop' | 'ova')
  | ('gzip' | 'xz' | 'bzip2' | 'zstd');

/** Knows one format. Neither of the two allocates or repeats anything by a number that it has read. */
export interface Inspector {
  readonly format: Format;
  /** `wrapper`: compressed data, which may be of any format */
  readonly kind: 'disk' | 'wrapper';
  /** The bytes by which the format is known, or undefined: it is not this one. */
  recognize(): Reading<Bytes | undefined>;
  /** All the rest; a field that is not there is the danger `truncated`. */
  read(recognized: Bytes): Findings | Reading<Findings>;
}
