import { liveBlobs, liveImport, storesLeft, type Image, type ImageState } from './image.js';

/** What is counted for a project, by the names that Glance's quotas have. */
export const quotaResources = {
  images: 'image_count_total',
  uploading: 'image_count_uploading',
  size: 'image_size_total',
  staging: 'image_stage_total',
} as const;
export type Countable = keyof typeof quotaResources;
export const countables = Object.keys(quotaResources) as Countable[];

/** Sizes in bytes. */
export type Usage = Readonly<Record<Countable, bigint>>;
/** How much of each a project may have; negative: no limit. */
export type ProjectQuotas = Usage;

export const noUsage: Usage = { images: 0n, uploading: 0n, size: 0n, staging: 0n };
export const unlimitedQuotas: ProjectQuotas = { images: -1n, uploading: -1n, size: -1n, staging: -1n };

/** Why a project may not have more of something; numbers in decimal, sizes in bytes. */
export interface QuotaExcess {
  readonly project: string;
  readonly resource: (typeof quotaResources)[Countable];
  readonly limit: string;
  /** without what was asked for */
  readonly usage: string;
  /** what was asked for; null when it was not known how much would come */
  readonly wanted: string | null;
}

/**
 * What one image counts for its owner. Bytes count from the moment that they are known to come: when a client announces
 * them, and for each store that an import has still to fill (Glance counts an image's size once a store, too).
 */
export function usageOf(image: ImageState): Usage {
  if (!image || image.status === 'deleted' || image.owner === null) return noUsage;
  const { upload, blobs, data } = image;
  const staged = blobs.reduce((sum, { state, size = 0n }) => (state === 'staged' ? sum + size : sum), 0n);
  const announced = (kind: 'upload' | 'stage') => (upload?.kind === kind ? (upload.size ?? 0n) : 0n);
  const stored = BigInt(liveBlobs(image).length) * (data?.size ?? 0n);
  return {
    images: 1n,
    uploading: isUploading(image) ? 1n : 0n,
    size: stored + announced('upload') + storesToFill(image) * (data?.size ?? staged),
    staging: staged + announced('stage'),
  };
}

function isUploading(image: Image): boolean {
  return ['saving', 'uploading', 'importing'].includes(image.status) || liveImport(image) !== undefined;
}

function storesToFill(image: Image): bigint {
  const wanted = liveImport(image);
  return wanted ? BigInt(storesLeft(wanted).length) : 0n;
}

/** For a person: what the client reads, and what an import's task says. */
export function describeExcess({ project, resource, limit, usage, wanted }: QuotaExcess): string {
  const unit = resource === 'image_size_total' || resource === 'image_stage_total' ? ' bytes' : '';
  const more = wanted === null ? 'and the data does not fit in what is left' : `and ${wanted}${unit} more are wanted`;
  return `Project ${project} is over a limit for ${resource}: limit is ${limit}${unit}, current usage is ${usage}${unit}, ${more}.`;
}
