import type { Location } from '#domain';
import type { Stores } from '#platform';

/** A place where an image's data lies, as the Image API shows it. The url holds no credential of its store. */
export interface LocationView {
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly store: string };
}

export function locationView(location: Location, stores: Stores): LocationView {
  return { url: urlOf(location, stores), metadata: { ...location.metadata, store: location.store } };
}

/** One in a store that is not configured any more still has its number among the others. */
export function urlOf({ store, key }: Location, stores: Stores): string {
  return stores.find(store)?.locationOf(key) ?? key;
}
