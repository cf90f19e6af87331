import type { BlobRef, BulkItem, DiskFormat, ImportMethod, MemberStatus, TaskInput } from './image.js';
import type { Actor } from './policy.js';

/** One operation of a PATCH on an attribute, a property or the whole set of tags. */
export type AttributeChange =
  | {
      readonly op: 'add';
      readonly attribute: string;
      readonly value: unknown;
      /** v2.0 patches refuse to add what is there already */
      readonly mustBeNew: boolean;
    }
  | { readonly op: 'replace'; readonly attribute: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly attribute: string };

/** A place of data that a client registers. */
export interface GivenLocation extends BlobRef {
  readonly metadata: unknown;
  /** bytes, as its server says; null for one that is the image's already */
  readonly size: bigint | null;
  /** what the client says that the data is (Glance's validation_data) */
  readonly validation: ValidationData | null;
}

export type ValidationData = Readonly<
  Partial<Record<'checksum', string>> & Record<'os_hash_algo' | 'os_hash_value', string>
>;

/** One operation of a PATCH on the locations; without an index it is about the end of the list. */
export type LocationChange =
  | { readonly op: 'add-location'; readonly index: number | null; readonly location: GivenLocation }
  | { readonly op: 'replace-locations'; readonly locations: readonly GivenLocation[] }
  | { readonly op: 'remove-location'; readonly index: number | null };

/** What one pass over the bytes has found. Sizes in bytes, digests in lower-case hex. */
export interface DataReport {
  readonly size: bigint;
  readonly md5: string;
  readonly sha512: string;
  readonly virtualSize: bigint | null;
  readonly format: string;
}

/** Key of an object of the same store that has the same data, where that one is kept. */
interface MaybeShared {
  readonly shared?: string | undefined;
}

/** What an import did to the data before it was stored, in this order; sizes in bytes. */
export interface DataPreparation {
  /** what the data came as */
  readonly decompressed?: { readonly format: string; readonly size: bigint } | undefined;
  readonly converted?: { readonly from: DataReport; readonly to: DiskFormat } | undefined;
}

/** What an image takes over from the one elsewhere whose data it gets. */
export interface Adopted {
  readonly disk_format: string;
  readonly container_format: string;
  /** those that may be copied; which of them may be set decide the protections */
  readonly properties: Readonly<Record<string, string>>;
}

interface ImportStep {
  readonly task: string;
  readonly attempt: number;
  readonly store: string;
}

type Command<Type extends string, Body extends object = object> = {
  readonly type: Type;
  readonly actor: Actor;
  readonly at: Date;
} & Body;

export type ImageCommand =
  | Command<'CreateImage', { readonly id: string; readonly attributes: Readonly<Record<string, unknown>> }>
  | Command<'ChangeImage', { readonly changes: readonly (AttributeChange | LocationChange)[] }>
  | Command<'AddTag', { readonly tag: string }>
  | Command<'RemoveTag', { readonly tag: string }>
  | Command<
      'StartUpload',
      BlobRef & {
        readonly attempt: string;
        readonly kind: 'upload' | 'stage';
        /** bytes that the client announced, if it did */
        readonly size?: bigint | undefined;
      }
    >
  | Command<'FailUpload', { readonly attempt: string; readonly reason: string }>
  | Command<'CompleteUpload', MaybeShared & { readonly attempt: string; readonly found: DataReport }>
  | Command<
      'RequestImport',
      {
        readonly task: string;
        readonly requestId: string;
        readonly method: ImportMethod;
        readonly stores: readonly string[];
        /** a store that has the data already is left out; one that was named is refused */
        readonly everywhere: boolean;
        readonly allMustSucceed: boolean;
      }
    >
  /** an image that a task makes and fills: both or nothing */
  | Command<
      'ImportNewImage',
      {
        readonly id: string;
        readonly task: string;
        readonly requestId: string;
        readonly input: TaskInput;
        readonly stores: readonly string[];
      }
    >
  /** an image that a bulk import makes and fills: both or nothing */
  | Command<
      'ImportItem',
      {
        readonly id: string;
        readonly task: string;
        readonly requestId: string;
        readonly attributes: Readonly<Record<string, unknown>>;
        readonly uri: string;
        /** how it comes from there; otherwise web-download */
        readonly method?: 'image-service';
        readonly stores: readonly string[];
        readonly bulk: BulkItem;
      }
    >
  /** the last import once more, as it was asked for */
  | Command<'RepeatImport', { readonly task: string; readonly requestId: string }>
  | Command<'CancelImport', { readonly task: string; readonly reason: string }>
  | Command<
      'StartImport',
      { readonly task: string; readonly attempt: number; readonly worker: string; readonly key: string }
    >
  | Command<
      'FailImport',
      {
        readonly task: string;
        readonly attempt: number;
        readonly reason: string;
        /** when to try again; null gives up */
        readonly retryAt: Date | null;
      }
    >
  | Command<'FailImportToStore', ImportStep & { readonly reason: string }>
  /** one store has the data: of the first one all that was found is told */
  | Command<
      'CompleteImportToStore',
      ImportStep &
        MaybeShared & { readonly found: DataReport & DataPreparation; readonly adopted?: Adopted | undefined }
    >
  | Command<'DeactivateImage'>
  | Command<'ReactivateImage'>
  | Command<'AddMember', { readonly member: string }>
  | Command<'SetMemberStatus', { readonly member: string; readonly status: MemberStatus }>
  | Command<'RemoveMember', { readonly member: string }>
  | Command<'RemoveDataFromStore', { readonly store: string }>
  | Command<'DeleteImage'>
  | Command<'PurgeData', { readonly blobs: readonly BlobRef[] }>;

export type ImageCommandOf<Type extends ImageCommand['type']> = Extract<ImageCommand, { type: Type }>;
