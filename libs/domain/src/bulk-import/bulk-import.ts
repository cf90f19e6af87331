/** `requested`: its images are being made; `stopped`: by an item that failed, as `on_error: stop` asked for. */
export const bulkImportStatuses = ['requested', 'running', 'paused', 'stopped', 'cancelled', 'finished'] as const;
export type BulkImportStatus = (typeof bulkImportStatuses)[number];

/** What one may ask for; the service's own bound of a project is beside it. */
export const bulkImportLimits = { items: 10_000, concurrency: 64, attempts: 100 } as const;

/** How the items of a bulk import are worked on. */
export interface BulkImportOptions {
  /** items under way at once */
  readonly concurrency: number;
  /** tries of an item before it is given up */
  readonly attempts: number;
  readonly onError: 'continue' | 'stop';
}

/** Many images of one request: counts and milestones only, because each item is the stream of its own image. */
export interface BulkImport extends BulkImportOptions {
  readonly id: string;
  readonly project: string | null;
  readonly userId: string;
  readonly items: number;
  /** SHA-256 of what was asked for, in hex, of a request with a source before that of its items: the same key is the same request */
  readonly digest: string;
  readonly status: BulkImportStatus;
  /** why it does not run */
  readonly reason: string | null;
  /** items that failed before are forgiven */
  readonly goesOnSince: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type BulkImportState = BulkImport | undefined;
