import type { Change } from '../image/events.js';
import type { BulkImportOptions, BulkImportStatus } from './bulk-import.js';
import type { BulkImportResult } from './commands.js';

type Event<Type extends string, Data extends object> = { readonly type: Type; readonly data: Data };

interface Changed {
  readonly status: Change<BulkImportStatus>;
}

/** Everything that can happen to a bulk import as a whole. */
export type BulkImportEvent =
  | Event<
      'BulkImportRequested',
      {
        readonly id: string;
        readonly items: number;
        readonly concurrency: number;
        readonly attempts: number;
        readonly on_error: BulkImportOptions['onError'];
        readonly digest: string;
        readonly requested_by: { readonly user_id: string; readonly project_id: string | null };
      }
    >
  | Event<'BulkImportAccepted', Changed>
  | Event<'BulkImportPaused', Changed>
  | Event<'BulkImportResumed', Changed>
  | Event<'BulkImportCancelled', Changed & { readonly reason: string }>
  | Event<'BulkImportStopped', Changed & { readonly line: number; readonly image_id: string; readonly reason: string }>
  | Event<'BulkImportRetried', Changed & { readonly items: number }>
  | Event<'BulkImportFinished', Changed & BulkImportResult>;

export const bulkImportEventVersions: Readonly<Record<BulkImportEvent['type'], number>> = {
  BulkImportRequested: 1,
  BulkImportAccepted: 1,
  BulkImportPaused: 1,
  BulkImportResumed: 1,
  BulkImportCancelled: 1,
  BulkImportStopped: 1,
  BulkImportRetried: 1,
  BulkImportFinished: 1,
};
