import { z } from 'zod';
import { parseCheckpoint, type SignedCheckpoint } from '../proof/checkpoint.js';

export const digestFile = 'digest.json';
/** Of one file: some ten MB, which any tool opens. */
export const eventsOfFile = 50_000;

/** What an export is made of. The same part of the same log gives the same bytes. */
export interface ExportDigest {
  readonly format: 'vitrine-export-v1';
  /** positions of the first and last event; `last` is `first - 1` when there is none */
  readonly first: number;
  readonly last: number;
  /** hash of the event before the first one, and of the last one */
  readonly before: string;
  readonly head: string;
  readonly segments: readonly ExportSegment[];
}

/** One file: gzip of a line of JSON an event, `{"event":…,"hash":…,"position":…,"prev_hash":…}`. */
export interface ExportSegment {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  /** of the file */
  readonly sha256: string;
  /** Merkle root over the hashes of its events, and the last of them */
  readonly root: string;
  readonly head: string;
  /** the newest one among its events */
  readonly checkpoint: SignedCheckpoint | null;
}

export const fileOf = (first: number) => `events-${String(first).padStart(16, '0')}.ndjson.gz`;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.int().min(1);
const digest = z.strictObject({
  format: z.literal('vitrine-export-v1'),
  first: position,
  last: z.int().min(0),
  before: hex,
  head: hex,
  segments: z.array(
    z.strictObject({
      // No way out of the directory.
      file: z.string().regex(/^events-\d{16}\.ndjson\.gz$/),
      ...{ first: position, last: position, sha256: hex, root: hex, head: hex },
      checkpoint: z
        .unknown()
        .transform((value) => (value === null ? null : parseCheckpoint(value)))
        .refine((checkpoint) => checkpoint !== undefined),
    }),
  ),
});

/** @throws Error when it is none, or its segments do not follow each other */
export function parseDigest(text: string): ExportDigest {
  const { data } = digest.safeParse(JSON.parse(text));
  if (!data) throw new Error(`${digestFile} is no digest of an export (vitrine-export-v1)`);
  let next = data.first;
  for (const { first, last } of data.segments) {
    if (first !== next || last < first)
      throw new Error(`${digestFile}: its files do not follow each other at ${first}`);
    next = last + 1;
  }
  if (next !== data.last + 1) throw new Error(`${digestFile}: its files do not end at ${data.last}`);
  return data;
}
