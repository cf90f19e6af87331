import type { Readable } from 'node:stream';

/** A range of bytes, both ends inclusive as in HTTP (RFC 9110 §14). */
export interface ByteRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** What a store knows of one object. */
export interface ObjectEntry {
  readonly key: string;
  /** bytes */
  readonly size: bigint;
  readonly modifiedAt: Date;
}

/** An object being written. Nothing can be read under its key before `commit` has resolved. */
export interface ObjectWriter {
  /**
   * Takes the next bytes, in order, and resolves when the chunk's memory may be used again (back-pressure).
   * One call at a time. The chunk may be backed by a SharedArrayBuffer.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the object durable and visible in one step. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Safe after a failed write or commit, and twice. */
  abort(): Promise<void>;
}

/** An object being read, once, by either of two ways. */
export interface ObjectReader {
  /** bytes of the whole object, whatever range was asked for */
  readonly size: bigint;
  /** Closes the reader when it ends or is destroyed. */
  stream(): Readable;
  /**
   * Hands every chunk to `take`, in order, and resolves when all are taken. A chunk's memory is used again once its
   * promise resolves; the next chunk is read in the meantime. Rejects with what `take` rejects with.
   */
  each(take: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /** Safe at any time, and twice. */
  close(): Promise<void>;
}

/**
 * One place where image bytes lie: a directory, an S3 bucket, or the web. Keys are `/`-separated, `[A-Za-z0-9._-]` a
 * segment; the web's are URLs.
 */
export interface ObjectStore {
  readonly name: string;
  readonly kind: 'file' | 's3' | 'http';
  /** Bytes are only registered here: they lie somewhere already, and stay when the image goes. */
  readonly readOnly: boolean;
  /** Larger is preferred; orders an image's `stores`. */
  readonly weight: number;
  /** @throws StoreError `exists` on commit (or earlier) when the key is taken: keys are never overwritten. */
  create(key: string): Promise<ObjectWriter>;
  /** @throws StoreError `missing` */
  read(key: string, range?: ByteRange): Promise<ObjectReader>;
  /** undefined when there is no such object. */
  stat(key: string): Promise<ObjectEntry | undefined>;
  /** Deleting what is not there is a success. */
  delete(key: string): Promise<void>;
  /** The object's address for those who may know it (admins and services); holds no credential. */
  locationOf(key: string): string;
  list(prefix?: string): AsyncIterable<ObjectEntry>;
  /** Removes what writers left unfinished before `olderThan` (temporary files, open multipart uploads); returns how many. */
  removeUnfinished(olderThan: Date): Promise<number>;
  /** Resolves when the store can be written to. @throws StoreError */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * `full`: no room (ENOSPC, EDQUOT, S3 quota); `unavailable`: answers 5xx, times out or cuts the connection (worth trying
 * again); `missing`: no such object; `denied`: credentials or rights; `exists`: the key is taken; `invalid-key`.
 */
export type StoreErrorCode = 'full' | 'unavailable' | 'missing' | 'denied' | 'exists' | 'invalid-key';

/** A store's failure, in the store's words; never holds a credential. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    readonly store: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`store ${store}: ${message}`, options);
    this.name = 'StoreError';
  }
}
