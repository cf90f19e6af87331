import type { Actor } from '../image/policy.js';
import type { BulkImportOptions } from './bulk-import.js';

/** Items by how they have ended. */
export interface BulkImportResult {
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
}

type Command<Type extends string, Body extends object = object> = {
  readonly type: Type;
  readonly actor: Actor;
  readonly at: Date;
} & Body;

export type BulkImportCommand =
  | Command<
      'RequestBulkImport',
      BulkImportOptions & { readonly id: string; readonly items: number; readonly digest: string }
    >
  /** all of its images are there */
  | Command<'AcceptBulkImport'>
  | Command<'PauseBulkImport'>
  | Command<'ResumeBulkImport'>
  | Command<'CancelBulkImport', { readonly reason: string }>
  /** an item failed of one that is to stop then */
  | Command<'StopBulkImport', { readonly line: number; readonly imageId: string; readonly reason: string }>
  /** so many items were asked for again */
  | Command<'RetryBulkImport', { readonly items: number }>
  /** nothing of it waits or runs any more */
  | Command<'FinishBulkImport', { readonly result: BulkImportResult }>;

export type BulkImportCommandOf<Type extends BulkImportCommand['type']> = Extract<BulkImportCommand, { type: Type }>;
