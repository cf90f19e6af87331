const webAddress = /^https?:\/\/[^?#]*[?#]/i;

/**
 * Of an address its query shows the names only: what stands behind them may be what opens it (a signature, a token), and imports
 * and their history are read by others than those who asked for them.
 */
export function shownUrl(url: string): string {
  if (!webAddress.test(url)) return url;
  const [, base = '', query] = /^([^?#]*)(?:\?([^#]*))?/s.exec(url) ?? [];
  if (query === undefined) return base;
  const names = query.split('&').map((part) => (part.includes('=') ? part.replace(/=.*$/s, '=***') : '***'));
  return `${base}?${names.join('&')}`;
}

/** Whatever it is, with the addresses in it as they are shown. */
export function withShownUrls<T>(value: T): T {
  if (typeof value === 'string') return shownUrl(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => withShownUrls(one)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withShownUrls<unknown>(one)])) as T;
}
