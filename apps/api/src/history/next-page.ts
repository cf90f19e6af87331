import type { RecordedEvent } from '#event-store';

/** The same list behind its last event; nothing when the page was not full. */
export function nextPage(
  path: string,
  params: URLSearchParams,
  events: readonly Pick<RecordedEvent, 'position'>[],
  limit: number,
): { next?: string } {
  const last = events.at(-1);
  return last && events.length === limit ? { next: pageAfter(path, params, last.position.toString()) } : {};
}

export function pageAfter(path: string, params: URLSearchParams, cursor: string): string {
  const kept = new URLSearchParams(params);
  kept.set('cursor', cursor);
  return `${path}?${kept.toString()}`;
}
