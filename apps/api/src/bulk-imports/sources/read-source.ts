import type { Config } from '#config';
import { bulkImportLimits, isProperty, mayOnProperty, type Actor } from '#domain';
import {
  diskTypes,
  isUsable,
  ListingError,
  readDocument,
  readImageList,
  readSimplestreams,
  readSums,
  type Fetch,
  type Listed,
  type ListedImage,
} from '#image-data';
import { badRequest, Fault } from '../../http/fault.js';
import { assertNotTooMany, type GivenItem, type GivenItems, type Problem } from '../given-items.js';
import type { BulkSource } from './source-request.js';

/** listings that one process reads at a time: each may be large */
const mostAtOnce = 4;
let underWay = 0;

/**
 * The items that a source names, each with the line that is its place there. What cannot be used is told as of given items.
 * @throws Fault 400 for a document that is of no use, 413, 502 when its server is to blame, 503
 */
export async function readSource(
  source: BulkSource,
  defaults: Readonly<Record<string, unknown>>,
  config: Config,
  actor: Actor,
): Promise<GivenItems> {
  const reserved = ['name', 'url', 'urls', 'checksum'].find((field) => Object.hasOwn(defaults, field));
  if (reserved !== undefined) throw badRequest(`The request cannot be used: defaults.${reserved}: the source says it`);
  if (underWay >= mostAtOnce) {
    throw new Fault(503, 'Other listings are being read. Try again in a moment.', { 'retry-after': '5' });
  }
  underWay++;
  try {
    const listed = await list(source, config);
    assertNotTooMany(listed.length);
    if (listed.length === 0) throw badRequest('The source names no image that fits: nothing was made.');
    return itemsOf(
      listed,
      defaults,
      (name) => isProperty(name) && mayOnProperty('create', name, actor, config.propertyProtections),
      actor,
    );
  } catch (error) {
    if (!(error instanceof ListingError)) throw error;
    const { document, problem, mayPass, message } = error;
    throw new Fault(mayPass ? 502 : 400, message, {}, { document, problem });
  } finally {
    underWay--;
  }
}

/** All of its documents within twice the time that one answer may take. */
function list(source: BulkSource, { imports }: Config): Promise<Listed[]> {
  const signal = AbortSignal.timeout(2000 * imports.timeoutSeconds);
  const fetch: Fetch = (url) => readDocument(url, imports, signal);
  const { name } = source;
  if ('glance' in source) {
    const { endpoint, token, filter = {} } = source.glance;
    const rights = { 'x-auth-token': token };
    const asking: Fetch = (url) => readDocument(url, { ...imports, rights }, signal);
    return readImageList(endpoint, { query: filter, name, most: bulkImportLimits.items }, asking);
  }
  const { architecture: architectures = [], newest = true } = source;
  const filter = { architectures, name, newest };
  if ('sums' in source) return fetch(source.sums).then((text) => readSums(source.sums, text, filter));
  const more = { releases: source.release ?? [], ftypes: source.ftype ?? diskTypes };
  return readSimplestreams(source.simplestreams, { ...filter, ...more }, fetch);
}

function itemsOf(
  listed: readonly Listed[],
  defaults: Readonly<Record<string, unknown>>,
  maySet: (property: string) => boolean,
  actor: Actor,
): GivenItems {
  const items: GivenItem[] = [];
  const problems: Problem[] = [];
  for (const [index, entry] of listed.entries()) {
    const [line, { name }] = [index + 1, entry];
    if (isUsable(entry))
      items.push({ line, fields: fieldsOf(entry, defaults, maySet, actor), name, size: sizeOf(entry) });
    else problems.push({ line, field: 'url', problem: entry.problem, name });
  }
  return { items, problems };
}

/** Servers of other image services are not asked by HEAD, which they do not know. */
const sizeOf = ({ more, size }: ListedImage) => (more ? size : undefined);

/** As if they had been given; what is only deduced, or not for this caller to set, yields to what he says of all. */
function fieldsOf(
  { name, url, checksum, diskFormat, isDiskFormatSaid, architecture, properties, more }: ListedImage,
  defaults: Readonly<Record<string, unknown>>,
  maySet: (property: string) => boolean,
  { roles }: Actor,
): Record<string, unknown> {
  const isDiskFormatHis = !isDiskFormatSaid && Object.hasOwn(defaults, 'disk_format');
  const own = Object.entries(properties).filter(([property]) => maySet(property));
  const mayBePublic = roles.includes('admin');
  const fields = {
    ...{ name, url, checksum, architecture, properties: Object.fromEntries(own) },
    disk_format: isDiskFormatHis ? null : diskFormat,
    ...(more && {
      container_format: more.containerFormat,
      visibility: more.visibility === 'public' && !mayBePublic ? null : more.visibility,
      ...{ protected: more.isProtected, min_disk: more.minDisk, min_ram: more.minRam, tags: more.tags },
    }),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
