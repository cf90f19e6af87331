import { z } from 'zod';
import { withoutSignature } from './clear-signed.js';
import { documentName, ListingError, parseJson, type Fetch, type Listed } from './listing.js';
import { architectureOf, below, diskFormatOf, fits, naturally, shown, withoutExtension } from './names.js';

export interface StreamsFilter {
  /** any of a product's release, version, codename or aliases; empty: all */
  readonly releases: readonly string[];
  /** empty: all */
  readonly architectures: readonly string[];
  /** of the image, with * */
  readonly name: string | undefined;
  /** of an item, the first one that there is */
  readonly ftypes: readonly string[];
  /** of each product only the last version */
  readonly newest: boolean;
}

/** Disks among the items of a version, best first; the rest are archives of root file systems and the like. */
export const diskTypes = ['disk1.img', 'disk-kvm.img', 'disk.img', 'disk.qcow2', 'uefi1.img'] as const;

const mostDocuments = 64;
const label = z.string().optional().catch(undefined);
const labels = {
  ...{ arch: label, os: label, release: label, version: label, release_codename: label, aliases: label },
  ...{ pubname: label, ftype: label },
};
const item = z.looseObject({
  ...labels,
  path: label,
  md5: label,
  sha256: label,
  sha512: label,
  size: z.number().int().nonnegative().optional().catch(undefined),
});
const version = z.looseObject({ ...labels, items: z.record(z.string(), item) });
const product = z.looseObject({ ...labels, versions: z.record(z.string(), version) });
const products = z.looseObject({
  ...labels,
  format: z.literal('products:1.0'),
  products: z.record(z.string(), product),
});
const index = z.looseObject({
  format: z.literal('index:1.0'),
  index: z.record(z.string(), z.looseObject({ format: label, datatype: label, path: z.string() })),
});
type Labels = Partial<Record<keyof typeof labels, string | undefined>>;

/**
 * The images of a mirror in the simplestreams format, from its index or one of its documents. Signed ones (.sjson) are read
 * without a look at the signature. @throws ListingError
 */
export async function readSimplestreams(url: string, filter: StreamsFilter, fetch: Fetch): Promise<Listed[]> {
  const name = documentName(url);
  const first = await read(url, fetch);
  const root = rootOf(url);
  const asIndex = index.safeParse(first);
  if (!asIndex.success) return imagesIn(name, root, first, filter);
  const paths = Object.values(asIndex.data.index)
    .filter(({ format, datatype = 'image-downloads' }) => format === 'products:1.0' && datatype === 'image-downloads')
    .map(({ path }) => path);
  if (paths.length === 0) throw new ListingError(name, 'it leads to no document of images that can be downloaded.');
  if (paths.length > mostDocuments) throw new ListingError(name, `it leads to more than ${mostDocuments} documents.`);
  const found: Listed[] = [];
  for (const path of paths) {
    const document = below(root, path);
    if (document === undefined) throw new ListingError(name, `it leads out of its mirror, to ${shown(path)}.`);
    found.push(...imagesIn(documentName(document), root, await read(document, fetch), filter));
  }
  return found;
}

async function read(url: string, fetch: Fetch): Promise<unknown> {
  const name = documentName(url);
  return parseJson(name, withoutSignature(name, await fetch(url)));
}

/** Paths are those of the mirror, which lies above its streams/v1. */
export function rootOf(url: string): URL {
  const { origin, pathname } = new URL(url);
  const streams = pathname.lastIndexOf('/streams/v1/');
  return new URL(pathname.slice(0, streams < 0 ? pathname.lastIndexOf('/') + 1 : streams + 1), origin);
}

/** @throws ListingError */
export function imagesIn(document: string, root: URL, parsed: unknown, filter: StreamsFilter): Listed[] {
  const result = products.safeParse(parsed);
  if (!result.success) {
    const [issue] = result.error.issues;
    const where = issue!.path.length > 0 ? `${shown(issue!.path.join(' → '))}: ` : '';
    throw new ListingError(document, `it is no simplestreams document (${where}${issue!.message}).`);
  }
  const found: Listed[] = [];
  for (const [id, one] of Object.entries(result.data.products)) {
    const versions = Object.entries(one.versions).toSorted(([a], [b]) => naturally(b, a));
    for (const [serial, { items, ...ofVersion }] of versions) {
      const inherited = merged(result.data, one, ofVersion);
      const entry = imageOf(root, Object.values(items), inherited, filter, `${id} ${serial}`);
      if (!entry) continue;
      if (entry !== 'other') found.push(entry);
      if (filter.newest) break;
    }
  }
  return found;
}

/** undefined where there is no disk of the wanted kind, `other` for one that the filters pass over. */
function imageOf(
  root: URL,
  items: readonly z.infer<typeof item>[],
  inherited: Labels,
  filter: StreamsFilter,
  called: string,
): Listed | 'other' | undefined {
  const disk = filter.ftypes
    .map((ftype) => items.find((one) => (one.ftype ?? inherited.ftype) === ftype))
    .find((one) => one !== undefined);
  if (!disk) return undefined;
  const all = merged(inherited, disk);
  if (!isWanted(all, filter)) return 'other';
  const { path, sha512, sha256, md5, size } = disk;
  const fileName = path?.split('/').at(-1) ?? '';
  const name = all.pubname ?? (withoutExtension(fileName) || called);
  if (!fits(name, filter.name)) return 'other';
  const url = path === undefined ? undefined : below(root, path);
  if (url === undefined)
    return { name: shown(name), problem: `its path leads out of the mirror: ${shown(path ?? 'none')}` };
  const properties = { os_distro: all.os?.toLowerCase(), os_version: all.version };
  return {
    ...{ name, url, size: size ?? null, diskFormat: diskFormatOf(fileName), isDiskFormatSaid: false },
    checksum: sha512 ? `sha512:${sha512}` : sha256 ? `sha256:${sha256}` : md5 ? `md5:${md5}` : null,
    architecture: all.arch === undefined ? null : architectureOf(all.arch),
    properties: Object.fromEntries(Object.entries(properties).filter((pair): pair is [string, string] => !!pair[1])),
  };
}

function isWanted(
  { arch, release, version: number, release_codename, aliases }: Labels,
  filter: StreamsFilter,
): boolean {
  const { releases, architectures } = filter;
  if (architectures.length > 0 && !architectures.some((one) => architectureOf(one) === architectureOf(arch ?? ''))) {
    return false;
  }
  const names = [release, number, release_codename, ...(aliases?.split(',') ?? [])];
  const has = new Set(names.map((one) => one?.trim().toLowerCase()));
  return releases.length === 0 || releases.some((one) => has.has(one.toLowerCase()));
}

/** What is said further in holds. */
function merged(...levels: readonly Labels[]): Labels {
  const names = Object.keys(labels) as (keyof Labels)[];
  return Object.fromEntries(names.map((name) => [name, levels.findLast((level) => level[name] !== undefined)?.[name]]));
}
