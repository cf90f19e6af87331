/** Glance's statuses (Image API v2, "Image statuses"); v2 never sets killed or pending_delete. */
export const imageStatuses = [
  'queued',
  'saving',
  'uploading',
  'importing',
  'active',
  'deactivated',
  'deleted',
] as const;
export type ImageStatus = (typeof imageStatuses)[number];

export const visibilities = ['public', 'community', 'shared', 'private'] as const;
export type Visibility = (typeof visibilities)[number];

export const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const;
export type ContainerFormat = (typeof containerFormats)[number];

export const diskFormats = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'] as const;
export type DiskFormat = (typeof diskFormats)[number];

export const memberStatuses = ['pending', 'accepted', 'rejected'] as const;
export type MemberStatus = (typeof memberStatuses)[number];

/** What a client may set on an image beside its own properties. */
export interface ImageAttributes {
  readonly name: string | null;
  readonly owner: string | null;
  readonly visibility: Visibility;
  readonly protected: boolean;
  readonly os_hidden: boolean;
  /** GiB */
  readonly min_disk: number;
  /** MiB */
  readonly min_ram: number;
  readonly container_format: ContainerFormat | null;
  readonly disk_format: DiskFormat | null;
}

/** An object in a store. */
export interface BlobRef {
  readonly store: string;
  readonly key: string;
}

/** `writing`: an attempt is under way; `staged`: waits for its import; `live`: the image's data; `doomed`: to be purged. */
export type BlobState = 'writing' | 'staged' | 'live' | 'doomed';

export interface Blob extends BlobRef {
  readonly state: BlobState;
  /** bytes, of what was staged */
  readonly size?: bigint;
  readonly since: Date;
  /** what whoever registered a location says of it */
  readonly metadata?: LocationMetadata;
}

/** Texts, and lists and objects of them. */
export type LocationMetadata = Readonly<Record<string, unknown>>;

/** A place of the image's data as clients see and set it. */
export interface Location extends BlobRef {
  readonly metadata: LocationMetadata;
}

export interface Member {
  readonly status: MemberStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is known of an image's bytes once they were read to the end, or said by whoever registered where they lie. */
export interface ImageData {
  /** bytes */
  readonly size: bigint;
  /** bytes; null when the format does not say */
  readonly virtualSize: bigint | null;
  /** lower-case hex; null when nobody has said it */
  readonly md5: string | null;
  /** lower-case hex; null when nobody has said it */
  readonly sha512: string | null;
}

/** Bytes on their way in through the API. */
export interface Upload extends BlobRef {
  readonly attempt: string;
  readonly kind: 'upload' | 'stage';
  /** bytes that the client announced; null when it did not */
  readonly size: bigint | null;
}

export type ImportMethod =
  | { readonly name: 'glance-direct' }
  | { readonly name: 'web-download'; readonly uri: string }
  /** from another Image API service: the image's data, its formats and some of its properties */
  | {
      readonly name: 'glance-download';
      readonly glance_region: string;
      readonly glance_image_id: string;
      readonly glance_service_interface: string;
      /** where that is, as the catalogue of whoever asked had it; null when it had no such one */
      readonly endpoint: string | null;
    }
  /** the data of an image that another Image API service has, at the address of its file there, with rights that were given for it */
  | { readonly name: 'image-service'; readonly uri: string }
  /** from a store that has the data into others */
  | { readonly name: 'copy-image' }
  /** data that stays where it is; read once for its size and digests, which must be the ones expected */
  | { readonly name: 'location'; readonly uri: string; readonly expected: { readonly sha512: string } | null };

/** What `POST /v2/tasks` takes for a task of type import (Image API v2, "Create task"). */
export interface TaskInput {
  readonly import_from: string;
  readonly import_from_format: string;
  readonly image_properties: Readonly<Record<string, unknown>>;
}

export const checksumAlgorithms = ['md5', 'sha256', 'sha512'] as const;

/** What the data of an image must have. */
export interface Checksum {
  readonly algorithm: (typeof checksumAlgorithms)[number];
  /** lower-case hex */
  readonly value: string;
}

/** Which item of which bulk import made an image, and what was said of it there. */
export interface BulkItem {
  /** UUID of the bulk import */
  readonly batch: string;
  /** of the request, from 1 */
  readonly line: number;
  /** other addresses of the same data, in the order in which they are tried */
  readonly mirrors: readonly string[];
  readonly checksum: Checksum | null;
  /** tries before it is given up */
  readonly attempts: number;
}

/** An import from its request to its end; `attempt` counts the claims of workers. */
export interface Import {
  /** UUID of the task that a client sees */
  readonly task: string;
  readonly requestId: string;
  readonly method: ImportMethod;
  /** to be filled, first one first */
  readonly stores: readonly string[];
  /** otherwise the image is active with its first store, and a store that fails is left out */
  readonly allMustSucceed: boolean;
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** once data that was converted is in a store: what disk_format becomes with the activation */
  readonly convertedTo?: DiskFormat;
  readonly requestedAt: Date;
  readonly requestedBy: { readonly userId: string; readonly projectId: string | null };
  /** of whoever asked for it, where they decide later which properties may be copied; null elsewhere */
  readonly roles: readonly string[] | null;
  /** of a task that made the image, too; null for every other import */
  readonly taskInput: TaskInput | null;
  /** of an item of a bulk import; null for every other import */
  readonly bulk: BulkItem | null;
  readonly attempt: number;
  /** `waiting` for a worker (not before `notBefore`), `running` in one, or ended */
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly notBefore: Date;
  readonly worker: string | null;
  readonly failure: string | null;
  readonly updatedAt: Date;
}

/** An image that exists or has existed. Before its first event there is none (`undefined`). */
export interface Image extends ImageAttributes {
  readonly id: string;
  readonly status: ImageStatus;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, Member>>;
  readonly data: ImageData | null;
  readonly blobs: readonly Blob[];
  readonly upload: Upload | null;
  /** newest last */
  readonly imports: readonly Import[];
  /** why the last upload or import failed; null once data arrived */
  readonly failure: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

export type ImageState = Image | undefined;

/** The stores that hold the image's data, in the order in which they got it. */
export function liveBlobs(image: Image): readonly Blob[] {
  return image.blobs.filter((blob) => blob.state === 'live');
}

/** The same as locations, in the order that clients know by number. */
export function locationsOf(image: Image): readonly Location[] {
  return liveBlobs(image).map(({ store, key, metadata = {} }) => ({ store, key, metadata }));
}

/** The stores that an import has still to fill. */
export function storesLeft({ stores, done, failed }: Import): readonly string[] {
  return stores.filter((store) => !done.includes(store) && !failed.includes(store));
}

/** The import that is waiting or running. */
export function liveImport(image: Image): Import | undefined {
  const last = image.imports.at(-1);
  return last && (last.state === 'waiting' || last.state === 'running') ? last : undefined;
}
