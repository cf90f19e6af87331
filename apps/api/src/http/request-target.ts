import { isVersion } from '../service/versions.js';

/** The first segments that have no version: an Accept header does not put one before them. */
const unversioned = new Set(['healthcheck', 'identity', 'metrics', 'versions', 'vitrine']);
const mediaType = 'application/vnd.openstack.images-';

/**
 * What the router is to look for, negotiated as in Glance: `/v2.N/x`, and `/x` with `Accept:
 * application/vnd.openstack.images-v2.N`, mean `/v2/x`; all below `/versions` is one page; a base address that ends in
 * a slash does no harm. The router refuses what it cannot decode before any hook runs, so that gets through in an
 * escaped form, for `refuseUnreadable`.
 */
export function routedTarget(url: string, accept = ''): string {
  const [, path = '/', search = ''] = /^(?:https?:\/\/[^/?]*)?([^?]*)(.*)$/is.exec(url) ?? [];
  const readable = isReadable(path) ? path : path.replaceAll('%', '%25');
  return `${negotiated(readable.replace(/^\/*/, '/'), accept)}${search}`;
}

function negotiated(path: string, accept: string): string {
  const [, first = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
  if (first === 'versions') return '/versions';
  if (accept.startsWith(mediaType) && !unversioned.has(first)) {
    return isVersion(accept.slice(mediaType.length)) ? `/v2${path}` : '/';
  }
  return isVersion(first) ? `/v2${rest}` : path;
}

/** False for percent signs that hide no UTF-8. */
export function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
