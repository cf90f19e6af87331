import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Which servers image data may be fetched from. */
export interface DownloadRules {
  /** empty: any */
  readonly allowedHosts: readonly string[];
  readonly allowedPorts: readonly number[];
  /** also addresses that are not of the public internet */
  readonly allowPrivate: boolean;
}

/** A URL that may not be fetched, and why. The text holds no credential of it. */
export class ForbiddenSource extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ForbiddenSource';
  }
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Everything that can be said of a URL without asking anybody (IMAGE-API.md §5, "SSRF rules"). `from`: the page that
 * redirects to it, perhaps by a relative one.
 * @throws ForbiddenSource
 */
export function parseSource(uri: string, rules: DownloadRules, from?: URL): URL {
  if (!URL.canParse(uri, from?.href)) throw new ForbiddenSource('The uri is not a URL.');
  const url = new URL(uri, from);
  const defaultPort = defaultPorts[url.protocol];
  if (defaultPort === undefined) throw new ForbiddenSource(`Scheme ${url.protocol} is not allowed: use http or https.`);
  if (url.username !== '' || url.password !== '')
    throw new ForbiddenSource('A uri with credentials in it is not allowed.');
  const host = bareHost(url);
  if (isIP(host) === 4 && host !== writtenHost(uri) && host !== from?.hostname) {
    throw new ForbiddenSource('An address must be written in full, not as a number or in short.');
  }
  const port = url.port === '' ? defaultPort : Number(url.port);
  if (!rules.allowedPorts.includes(port)) throw new ForbiddenSource(`Port ${port} is not allowed.`);
  if (rules.allowedHosts.length > 0 && !rules.allowedHosts.some((allowed) => allowed.toLowerCase() === host)) {
    throw new ForbiddenSource(`Host ${host} is not one of those that are allowed.`);
  }
  if (isIP(host) !== 0) assertPublic(host, rules);
  return url;
}

/** The host before the parser makes an address of it: of 0x7f.1, 2130706433, 017700000001, 127.1 … */
const writtenHost = (uri: string) => /^(?:https?:)?\/\/([^/?#:]*)/i.exec(uri.trim())?.[1];

/** Of IPv6, only this is allocated for the public internet (RFC 4291 §2.4, IANA). */
const globalUnicast = ipaddr.IPv6.parse('2000::');

/** @throws ForbiddenSource for an address that is not of the public internet */
export function assertPublic(address: string, { allowPrivate }: DownloadRules): void {
  if (allowPrivate) return;
  const parsed = ipaddr.process(address);
  const allocated = parsed instanceof ipaddr.IPv4 || parsed.match(globalUnicast, 3);
  const range = parsed.range() === 'unicast' && !allocated ? 'unallocated' : parsed.range();
  if (range !== 'unicast') throw new ForbiddenSource(`Address ${address} is not public (${range}).`);
}

/** The addresses of a name, each one allowed. @throws ForbiddenSource also when the name does not resolve */
export async function resolvePublic(
  host: string,
  rules: DownloadRules,
): Promise<{ address: string; family: number }[]> {
  if (isIP(host) !== 0) {
    assertPublic(host, rules);
    return [{ address: host, family: isIP(host) }];
  }
  const addresses = await lookup(host, { all: true, verbatim: true }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new ForbiddenSource(`The name ${host} does not resolve (${code}).`);
  });
  for (const { address } of addresses) assertPublic(address, rules);
  return addresses;
}

/** The whole check, as the API makes it before it takes a request. @throws ForbiddenSource */
export async function assertDownloadable(uri: string, rules: DownloadRules): Promise<void> {
  await resolvePublic(bareHost(parseSource(uri, rules)), rules);
}

/** Lower case, an IPv6 address without its brackets. */
export const bareHost = (url: URL) => url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
