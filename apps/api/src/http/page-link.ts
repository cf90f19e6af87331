/** The same list from another marker, or from its beginning; every filter, and every `tag` of it, is kept. */
export function pageLink(path: string, params: URLSearchParams, marker: string | null): string {
  const kept = new URLSearchParams(params);
  kept.delete('marker');
  if (marker !== null) kept.append('marker', marker);
  const text = kept.toString();
  return text === '' ? path : `${path}?${text}`;
}
