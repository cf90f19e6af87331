import { stringify } from 'lossless-json';
import { liveBlobs, liveImport, storesLeft, type Image } from '#domain';

/** Larger weights come first in an image's `stores`; equal ones in alphabetical order. */
export type StoreWeights = Readonly<Record<string, number>>;

/** The image as `GET /v2/images/{id}` shows it (Image API v2, "Show image"), as JSON text with exact 64-bit sizes. */
export function imageDocument(image: Image, weights: StoreWeights): string {
  const text = stringify(imageView(image, weights));
  if (text === undefined) throw new Error('an image is an object');
  return text;
}

function imageView(image: Image, weights: StoreWeights): Record<string, unknown> {
  const self = `/v2/images/${image.id}`;
  const stores = storesOf(image, weights);
  return {
    ...inOrder(image.properties),
    ...importProgress(image),
    ...minDiskWarning(image),
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    protected: image.protected,
    os_hidden: image.os_hidden,
    owner: image.owner,
    disk_format: image.disk_format,
    container_format: image.container_format,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    size: image.data?.size ?? null,
    virtual_size: image.data?.virtualSize ?? null,
    checksum: image.data?.md5 ?? null,
    os_hash_algo: image.data?.sha512 ? 'sha512' : null,
    os_hash_value: image.data?.sha512 ?? null,
    created_at: imageTime(image.createdAt),
    updated_at: imageTime(image.updatedAt),
    tags: image.tags,
    ...(stores.length > 0 && { stores: stores.join(',') }),
    self,
    file: `${self}/file`,
    schema: '/v2/schemas/image',
  };
}

/** The log keeps no order of names (RFC 8785), so a command's own order would be lost by the next rebuild. */
function inOrder(properties: Image['properties']): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `YYYY-MM-DDTHH:MM:SSZ`, as the Image API writes times. */
export function imageTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function storesOf(image: Image, weights: StoreWeights): string[] {
  const weight = (store: string) => weights[store] ?? 0;
  return [...new Set(liveBlobs(image).map(({ store }) => store))].sort(
    (a, b) => weight(b) - weight(a) || (a < b ? -1 : 1),
  );
}

const GiB = 1n << 30n;

/** A min_disk that somebody has set stays as it is; of one that a guest's disk does not fit into they are told. */
function minDiskWarning({ min_disk: minDisk, data }: Image): Record<string, string> {
  const needed = ((data?.virtualSize ?? 0n) + GiB - 1n) / GiB;
  if (minDisk === 0 || BigInt(minDisk) >= needed) return {};
  const text = `min_disk is ${minDisk} GiB, but the disk in this image needs ${needed} GiB`;
  return { os_glance_min_disk_warning: text };
}

/** What clients poll during and after an import (Glance's reserved properties); empty once there is nothing left to do. */
function importProgress(image: Image): Record<string, string> {
  const last = image.imports.at(-1);
  if (!last || (last.state === 'failed' && image.data !== null && last.method.name !== 'copy-image')) return {};
  const isLive = last === liveImport(image);
  return {
    ...(isLive && { os_glance_import_task: last.task }),
    os_glance_importing_to_stores: isLive ? storesLeft(last).join(',') : '',
    os_glance_failed_import: last.failed.join(','),
  };
}
