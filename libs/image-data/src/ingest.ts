import type { Readable } from 'node:stream';
import type { ObjectWriter } from '#object-store';
import type { DiskFormatFound } from './format/detect.js';

export interface IngestOptions {
  /** Fails with `size-limit` as soon as more bytes than this arrive. */
  readonly sizeLimit?: bigint;
  /** What the client announced; more or fewer bytes fail with `size-mismatch`. */
  readonly expectedSize?: bigint;
  readonly signal?: AbortSignal;
  /** Called about once a slab with the bytes seen so far. */
  readonly onProgress?: (bytes: bigint) => void;
}

/** What one pass over the bytes has found. */
export interface Ingested {
  /** bytes */
  readonly size: bigint;
  /** lower-case hex */
  readonly md5: string;
  /** lower-case hex */
  readonly sha512: string;
  readonly format: DiskFormatFound;
  /** bytes the guest sees; undefined when the header does not say */
  readonly virtualSize: bigint | undefined;
}

export type IngestErrorCode = 'size-limit' | 'size-mismatch' | 'source-failed' | 'aborted';

/** The bytes were not taken, and why. Failures of the store come through as its StoreError. */
export class IngestError extends Error {
  constructor(
    readonly code: IngestErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'IngestError';
  }
}

/**
 * Moves every byte of `source` into `writer` on one pass, digesting and inspecting on the way, and commits.
 * On any failure the writer is aborted and the source destroyed before this rejects.
 */
export declare function ingest(source: Readable, writer: ObjectWriter, options?: IngestOptions): Promise<Ingested>;
