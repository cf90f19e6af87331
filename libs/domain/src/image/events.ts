import type {
  BlobRef,
  BulkItem,
  ContainerFormat,
  DiskFormat,
  ImageAttributes,
  ImageStatus,
  ImportMethod,
  Location,
  MemberStatus,
  TaskInput,
  Visibility,
} from './image.js';

/** From what to what. */
export interface Change<T> {
  readonly from: T;
  readonly to: T;
}

type AttributeChanges = {
  readonly [Name in 'name' | 'os_hidden' | 'min_disk' | 'min_ram']?: Change<ImageAttributes[Name]>;
} & {
  readonly container_format?: Change<ContainerFormat | null>;
  readonly disk_format?: Change<DiskFormat | null>;
};

/** What was found in the bytes; sizes in bytes as decimal strings, digests in lower-case hex. */
interface Found {
  readonly size: string;
  readonly md5: string;
  readonly sha512: string;
  readonly virtual_size: string | null;
  readonly format: string;
}

interface DataFound extends BlobRef, Found {
  readonly attempt: string;
}

/** What was said of data that nobody has read yet: its size by its server, in decimal; digests in lower-case hex. */
interface DataRegistered {
  readonly size: string;
  readonly md5: string | null;
  readonly sha512: string | null;
}

interface Uploading extends BlobRef {
  readonly attempt: string;
  readonly kind: 'upload' | 'stage';
  readonly status: Change<ImageStatus>;
}

interface ImportAttempt {
  readonly task: string;
  readonly attempt: number;
}

type Event<Type extends string, Data extends object> = { readonly type: Type; readonly data: Data };

/** Everything that can happen to an image, with what changed and from what to what. Stored type strings are these literals. */
export type ImageEvent =
  | Event<
      'ImageCreated',
      {
        readonly id: string;
        readonly attributes: ImageAttributes;
        readonly tags: readonly string[];
        readonly properties: Readonly<Record<string, string>>;
      }
    >
  | Event<'ImageAttributesChanged', { readonly changes: AttributeChanges }>
  | Event<'ImagePropertiesChanged', { readonly changes: Readonly<Record<string, Change<string | null>>> }>
  | Event<'ImageTagAdded', { readonly tag: string }>
  | Event<'ImageTagRemoved', { readonly tag: string }>
  | Event<'ImageVisibilityChanged', Change<Visibility>>
  | Event<'ImageProtectionChanged', Change<boolean>>
  | Event<'ImageOwnerChanged', Change<string | null>>
  /** `size`: bytes that the client announced, in decimal */
  | Event<'ImageUploadStarted', Uploading & { readonly size: string | null }>
  | Event<'ImageUploadFailed', Uploading & { readonly reason: string }>
  | Event<'ImageDataStaged', DataFound>
  | Event<
      'ImageImportRequested',
      {
        readonly task: string;
        readonly request_id: string;
        readonly method: ImportMethod;
        readonly stores: readonly string[];
        readonly all_stores_must_succeed: boolean;
        readonly requested_by: { readonly user_id: string; readonly project_id: string | null };
        /** of whoever asked for it, where they decide later which properties may be copied; null elsewhere */
        readonly roles: readonly string[] | null;
        /** of a task that made the image, too: what it was asked, as it shows it; null for every other import */
        readonly task_input: TaskInput | null;
        /** of an item of a bulk import; null for every other import */
        readonly bulk: BulkItem | null;
        readonly status: Change<ImageStatus>;
      }
    >
  | Event<
      'ImageImportStarted',
      ImportAttempt & { readonly worker: string; readonly stores: readonly string[]; readonly key: string }
    >
  | Event<'ImageImportToStoreFailed', ImportAttempt & BlobRef & { readonly reason: string }>
  | Event<
      'ImageImportFailed',
      ImportAttempt & {
        readonly reason: string;
        /** ISO 8601; null when this was the last try */
        readonly retry_at: string | null;
        readonly status: Change<ImageStatus>;
      }
    >
  | Event<'ImageImportCancelled', ImportAttempt & { readonly reason: string; readonly status: Change<ImageStatus> }>
  | Event<'ImageImportCompleted', ImportAttempt>
  /** the data came compressed; `size`: so many bytes of it */
  | Event<'ImageDataDecompressed', ImportAttempt & { readonly format: string; readonly size: string }>
  /** `from`: what came, and was not kept; what it was made into is the next ImageDataUploaded's */
  | Event<'ImageDataConverted', ImportAttempt & { readonly from: Found; readonly to: DiskFormat }>
  | Event<'ImageDataUploaded', DataFound>
  /** the whole list; `data` when the image had none before */
  | Event<'ImageLocationsChanged', Change<readonly Location[]> & { readonly data: DataRegistered | null }>
  | Event<'ImageActivated', { readonly status: Change<ImageStatus> }>
  | Event<'ImageDataCopied', ImportAttempt & BlobRef>
  | Event<'ImageDataRemoved', BlobRef>
  | Event<'ImageDeactivated', { readonly status: Change<ImageStatus> }>
  | Event<'ImageReactivated', { readonly status: Change<ImageStatus> }>
  | Event<'ImageMemberAdded', { readonly member: string }>
  | Event<'ImageMemberAccepted', { readonly member: string; readonly from: MemberStatus }>
  | Event<'ImageMemberRejected', { readonly member: string; readonly from: MemberStatus }>
  | Event<'ImageMemberPended', { readonly member: string; readonly from: MemberStatus }>
  | Event<'ImageMemberRemoved', { readonly member: string; readonly from: MemberStatus }>
  | Event<'ImageDeleted', { readonly status: Change<ImageStatus>; readonly blobs: readonly BlobRef[] }>
  | Event<'ImageDataPurged', { readonly blobs: readonly BlobRef[] }>;

export type ImageEventType = ImageEvent['type'];

/** The schema version that new events are stored with; a changed shape gets the next number and an upcaster. */
export const imageEventVersions: Readonly<Record<ImageEventType, number>> = {
  ImageCreated: 1,
  ImageAttributesChanged: 1,
  ImagePropertiesChanged: 1,
  ImageTagAdded: 1,
  ImageTagRemoved: 1,
  ImageVisibilityChanged: 1,
  ImageProtectionChanged: 1,
  ImageOwnerChanged: 1,
  ImageUploadStarted: 2,
  ImageUploadFailed: 1,
  ImageDataStaged: 1,
  ImageImportRequested: 3,
  ImageImportStarted: 1,
  ImageImportToStoreFailed: 1,
  ImageImportFailed: 1,
  ImageImportCancelled: 1,
  ImageImportCompleted: 1,
  ImageDataDecompressed: 1,
  ImageDataConverted: 1,
  ImageDataUploaded: 1,
  ImageLocationsChanged: 1,
  ImageActivated: 1,
  ImageDataCopied: 1,
  ImageDataRemoved: 1,
  ImageDeactivated: 1,
  ImageReactivated: 1,
  ImageMemberAdded: 1,
  ImageMemberAccepted: 1,
  ImageMemberRejected: 1,
  ImageMemberPended: 1,
  ImageMemberRemoved: 1,
  ImageDeleted: 1,
  ImageDataPurged: 1,
};
