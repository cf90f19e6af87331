import { z } from 'zod';
import { documentName, ListingError, parseJson, type Fetch, type ListedImage } from './listing.js';
import { fits } from './names.js';

export interface ImageListFilter {
  /** of GET /v2/images there */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** of the image, with * */
  readonly name: string | undefined;
  /** more is an error of whoever asks, so that nothing is read in vain */
  readonly most: number;
}

const pageSize = '500';
/** pages without an image that fits are pages, too */
const mostPages = 1000;

const text = z.string().nullish();
const image = z.looseObject({
  ...{
    id: z.guid(),
    name: text,
    status: z.string(),
    visibility: z.string(),
    disk_format: text,
    container_format: text,
  },
  ...{ protected: z.boolean(), tags: z.array(z.string()), size: z.number().int().nonnegative().nullish() },
  ...{ min_disk: z.number().int().nonnegative(), min_ram: z.number().int().nonnegative() },
  ...{ checksum: text, os_hash_algo: text, os_hash_value: text },
});
const page = z.object({ images: z.array(z.unknown()), next: z.string().optional() });

/** Ids of what is there and not here. */
const onlyThere = new Set(['kernel_id', 'ramdisk_id', 'instance_uuid', 'base_image_ref']);

/** The address of an Image API v2 without the version, which catalogues have or have not. */
export const serviceOf = (endpoint: string) => endpoint.replace(/\/+(v2(\.\d+)?\/*)?$/, '');

/**
 * The active images that another Image API v2 lists, page by page. `fetch` asks with the rights that are used there; it is
 * never asked for anything but the list. @throws ListingError
 */
export async function readImageList(endpoint: string, filter: ImageListFilter, fetch: Fetch): Promise<ListedImage[]> {
  const service = serviceOf(endpoint);
  const name = documentName(`${service}/v2/images`);
  const found: ListedImage[] = [];
  const seen = new Set<string>();
  let query: string | undefined = firstQuery(filter.query);
  while (query !== undefined) {
    seen.add(query);
    const parsed = page.safeParse(parseJson(name, await fetch(`${service}/v2/images?${query}`)));
    if (!parsed.success) throw new ListingError(name, 'it is no list of the Image API v2.');
    for (const [index, one] of parsed.data.images.entries()) {
      const listed = imageOf(service, one, () => new ListingError(name, `image ${index + 1} of a page is no image.`));
      if (listed && fits(listed.name, filter.name)) found.push(listed);
    }
    if (found.length > filter.most) break;
    query = nextQuery(parsed.data.next, service, name);
    if (query !== undefined && (seen.has(query) || seen.size >= mostPages)) {
      throw new ListingError(name, 'its pages have no end: the link to the next one leads back.');
    }
  }
  return found;
}

function firstQuery(given: ImageListFilter['query']): string {
  // In the order in which they were made: an image that is made meanwhile comes last.
  const query = new URLSearchParams({ limit: pageSize, sort_key: 'created_at', sort_dir: 'asc' });
  for (const [name, values] of Object.entries(given)) for (const value of [values].flat()) query.append(name, value);
  query.set('status', 'active');
  return query.toString();
}

/** Only the query of the link is used, so that the token goes to the endpoint and nowhere else. */
function nextQuery(next: string | undefined, service: string, name: string): string | undefined {
  if (next === undefined) return undefined;
  const here = new URL(`${service}/v2/images`);
  const url = URL.canParse(next, here.href) ? new URL(next, here) : undefined;
  if (url?.origin !== here.origin || url.username !== '') {
    throw new ListingError(name, 'the link to its next page leads to another server.');
  }
  return url.search.slice(1);
}

/** undefined for one without data. @throws whatever `strange` makes for something else than an image */
function imageOf(service: string, given: unknown, strange: () => Error): ListedImage | undefined {
  const parsed = image.safeParse(given);
  if (!parsed.success) throw strange();
  const { id, status, size, ...is } = parsed.data;
  if (status !== 'active') return undefined;
  const { os_hash_algo: algorithm, os_hash_value: value, checksum } = is;
  const isUsable = (algorithm === 'sha512' || algorithm === 'sha256') && value;
  const { architecture, ...properties } = Object.fromEntries(
    Object.entries(is).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string' && !onlyThere.has(pair[0]),
    ),
  );
  return {
    ...{ name: is.name ?? id, url: `${service}/v2/images/${id}/file`, size: size ?? null },
    checksum: isUsable ? `${algorithm}:${value}` : checksum ? `md5:${checksum}` : null,
    ...{ diskFormat: is.disk_format ?? null, isDiskFormatSaid: true, architecture: architecture ?? null, properties },
    more: {
      ...{ containerFormat: is.container_format ?? null, visibility: is.visibility, isProtected: is.protected },
      ...{ minDisk: is.min_disk, minRam: is.min_ram, tags: is.tags },
    },
  };
}
