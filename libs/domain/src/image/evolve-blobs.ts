import type { ImageEvent } from './events.js';
import type { Blob, BlobRef, BlobState } from './image.js';

export const same = (a: BlobRef, b: BlobRef) => a.store === b.store && a.key === b.key;

/** The blob in its new state; one that was not known before is added. */
export function marked(
  blobs: readonly Blob[],
  { store, key }: BlobRef,
  state: BlobState,
  since: Date,
  known: Pick<Blob, 'size'> = {},
): Blob[] {
  return [...blobs.filter((blob) => !same(blob, { store, key })), { store, key, state, since, ...known }];
}

/** The store has the data: in the object that was written for it, or in one that it had already, which then stays alone. */
export function stored(blobs: readonly Blob[], { store, key }: BlobRef, at: Date): Blob[] {
  const others = blobs.filter((blob) => blob.store !== store || blob.state !== 'writing');
  return marked(others, { store, key }, 'live', at);
}

/** The new list at the end, in its order; what is in it no more is doomed. */
export function withLocations(
  blobs: readonly Blob[],
  { from, to }: Extract<ImageEvent, { type: 'ImageLocationsChanged' }>['data'],
  at: Date,
): Blob[] {
  const isIn = (list: readonly BlobRef[]) => (blob: BlobRef) => list.some((one) => same(one, blob));
  const others = blobs.filter((blob) => !isIn(from)(blob) && !isIn(to)(blob));
  const gone = blobs.filter((blob) => isIn(from)(blob) && !isIn(to)(blob));
  const since = (place: BlobRef) => blobs.find((blob) => blob.state === 'live' && same(blob, place))?.since ?? at;
  return [
    ...others,
    ...gone.map((blob): Blob => ({ ...blob, state: 'doomed', since: at })),
    ...to.map((place): Blob => ({ ...place, state: 'live', since: since(place) })),
  ];
}

export function doomedIf(blobs: readonly Blob[], isOver: (blob: Blob) => boolean, since: Date): Blob[] {
  return blobs.map((blob) => (blob.state !== 'doomed' && isOver(blob) ? { ...blob, state: 'doomed', since } : blob));
}
