import { liveImport, type BulkItem, type ImageState, type ImportMethod } from './image.js';

/** What of a request for an import holds addresses that data comes from. */
interface Addressed {
  readonly method: ImportMethod;
  readonly bulk: Pick<BulkItem, 'mirrors'> | null;
}

/** Where the data comes from, in the order in which that is tried. A location is where it stays. */
export function sourcesOf({ method, bulk }: Addressed): string[] {
  if (method.name !== 'web-download' && method.name !== 'image-service') return [];
  return [method.uri, ...(bulk?.mirrors ?? [])];
}

/** Addresses that may still be read from: those of an import under way, and of an item that may be asked for again. */
export function sourcesWanted(image: ImageState): string[] {
  const last = image?.imports.at(-1);
  if (!image || !last || image.status === 'deleted' || image.data !== null) return [];
  return last === liveImport(image) || last.bulk !== null ? sourcesOf(last) : [];
}
