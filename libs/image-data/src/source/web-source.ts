import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import type { ByteRange } from '#object-store';
import { bareHost, parseSource, resolvePublic, type DownloadRules } from './address-guard.js';

export interface WebSourceOptions extends DownloadRules {
  /** for connecting, for the headers, and between two chunks */
  readonly timeoutSeconds: number;
  /** only this part, from a server that can give parts */
  readonly range?: ByteRange;
  /** rights, for this server and nobody else: redirects are not followed */
  readonly rights?: Readonly<Record<'x-auth-token', string>> | undefined;
}

/** Where a download that broke off goes on. */
export interface Resumption {
  readonly start: bigint;
  /** the data's entity tag or date: what changed meanwhile comes whole; undefined: it is verified by other means */
  readonly ifRange: string | undefined;
}

/** Bytes on their way from a web server. */
export interface WebSource {
  readonly stream: Readable;
  /** bytes of the whole, as the server announced; undefined when it did not */
  readonly size: bigint | undefined;
  /** by which a server knows its data again: a strong entity tag, or a date */
  readonly validator: string | undefined;
  close(): Promise<void>;
}

/** The server did not give the data. `retryAfterSeconds`: it asked to wait so long; `final`: trying again will not help. */
export class WebSourceError extends Error {
  constructor(
    message: string,
    readonly final: boolean,
    readonly retryAfterSeconds?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'WebSourceError';
  }
}

const mostRedirects = 5;
/** seconds; a server that asks for more is asked again once a day */
const longestWait = 86_400;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * GETs a URL under the rules.
 * @throws ForbiddenSource, WebSourceError
 */
export async function openWebSource(
  uri: string,
  options: WebSourceOptions,
  signal?: AbortSignal,
  resumption?: Resumption,
): Promise<WebSource> {
  const agent = guardedAgent(options);
  try {
    const asked = partOf(options, resumption);
    return await receive(await follow('GET', uri, agent, options, signal, asked), agent, asked);
  } catch (error) {
    await agent.destroy();
    throw error;
  }
}

/**
 * HEADs a URL under the rules: how many bytes a GET would give, undefined when the server does not say.
 * @throws ForbiddenSource, WebSourceError
 */
export async function sizeOfWebSource(uri: string, options: WebSourceOptions): Promise<bigint | undefined> {
  const agent = guardedAgent(options);
  try {
    const { statusCode, headers } = await follow('HEAD', uri, agent, options);
    if (statusCode !== 200) throw refusal(statusCode, headers['retry-after']);
    assertPlain(headers);
    return bytesIn(headers['content-length']);
  } finally {
    await agent.destroy();
  }
}

/**
 * The answer at the end of the redirects. Each hop is checked as the first one was, and the address that was checked is the one that
 * is connected to, so that a name cannot point elsewhere in between (DNS rebinding).
 */
async function follow(
  method: 'GET' | 'HEAD',
  uri: string,
  agent: Agent,
  options: WebSourceOptions,
  signal?: AbortSignal,
  part: Part = {},
): Promise<Dispatcher.ResponseData> {
  let url = parseSource(uri, options);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const response = await ask(method, url, agent, { ...part, ...options.rights }, signal);
    const { location } = response.headers;
    if (options.rights) await assertTakesRights(response);
    if (!redirects.has(response.statusCode) || typeof location !== 'string') return response;
    await response.body.dump();
    url = parseSource(location, options, url);
  }
  throw new WebSourceError(`The server redirected more than ${mostRedirects} times.`, true);
}

/** @throws WebSourceError */
async function assertTakesRights({ statusCode, body }: Dispatcher.ResponseData): Promise<void> {
  const isElsewhere = redirects.has(statusCode);
  if (!isElsewhere && statusCode !== 401) return;
  await body.dump();
  if (isElsewhere) throw new WebSourceError('The server redirects, and the token is for no other address.', true);
  throw new WebSourceError('The server does not take the token (401).', true);
}

/** Connects to addresses that the rules allow, and to no others, whatever names say meanwhile. */
export function guardedAgent(options: DownloadRules & Pick<WebSourceOptions, 'timeoutSeconds'>): Agent {
  const timeout = options.timeoutSeconds * 1000;
  return new Agent({
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connect: {
      timeout,
      lookup: (hostname, { all }, callback) => {
        resolvePublic(hostname, options).then(
          (addresses) => {
            const [first] = addresses;
            if (all) callback(null, addresses);
            else callback(null, first!.address, first!.family);
          },
          (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
        );
      },
    },
  });
}

/** One request; redirects are answers. @throws WebSourceError, ForbiddenSource */
export async function ask(
  method: 'GET' | 'HEAD',
  url: URL,
  dispatcher: Agent,
  more: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
  const headers = { 'accept-encoding': 'identity', 'user-agent': 'vitrine', ...more };
  try {
    return await request(url, { method, dispatcher, signal, headers });
  } catch (error) {
    if (error instanceof Error && error.name === 'ForbiddenSource') throw error;
    const reason = error instanceof Error ? error.message || error.name : 'unknown failure';
    throw new WebSourceError(`${bareHost(url)} could not be reached: ${reason}`, false, undefined, { cause: error });
  }
}

/** Headers that ask for a part. */
type Part = Readonly<Partial<Record<'range' | 'if-range', string>>>;

function partOf({ range }: WebSourceOptions, resumption: Resumption | undefined): Part {
  if (resumption) {
    const { start, ifRange } = resumption;
    return { range: `bytes=${start}-`, ...(ifRange !== undefined && { 'if-range': ifRange }) };
  }
  return range ? { range: `bytes=${range.start}-${range.end}` } : {};
}

/** The body of an answer that has it; closing it ends the agent. @throws WebSourceError */
export async function receive(
  response: Dispatcher.ResponseData,
  agent: Agent,
  { range }: Part = {},
): Promise<WebSource> {
  const { statusCode, headers } = response;
  if (statusCode !== (range ? 206 : 200)) {
    await response.body.dump();
    if (statusCode === 200) throw new WebSourceError('The server does not give parts of its data.', true);
    throw refusal(statusCode, headers['retry-after']);
  }
  const [, start] = /^bytes=(\d+)-/.exec(range ?? '') ?? [];
  if (start !== undefined && !String(headers['content-range']).startsWith(`bytes ${start}-`)) {
    throw new WebSourceError('The server gave another part of its data than it was asked for.', true);
  }
  assertPlain(headers);
  const size = bytesIn(range ? String(headers['content-range']).split('/')[1] : headers['content-length']);
  return { stream: response.body, size, validator: validatorIn(headers), close: () => agent.destroy() };
}

function assertPlain(headers: Dispatcher.ResponseData['headers']): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  const message = `The server sent the data encoded (${String(encoding)}), though it was asked for it as it is.`;
  throw new WebSourceError(message, true);
}

function bytesIn(length: string | string[] | undefined): bigint | undefined {
  return typeof length === 'string' && /^\d+$/.test(length) ? BigInt(length) : undefined;
}

function validatorIn({ etag, 'last-modified': modified }: Dispatcher.ResponseData['headers']): string | undefined {
  if (typeof etag === 'string' && etag.startsWith('"')) return etag;
  return typeof modified === 'string' ? modified : undefined;
}

function refusal(status: number, retryAfter: string | string[] | undefined): WebSourceError {
  const mayPass = status >= 500 || status === 429 || status === 408;
  const asked = typeof retryAfter === 'string' ? secondsIn(retryAfter) : undefined;
  const seconds = asked && Math.min(asked, longestWait);
  return new WebSourceError(`The server answered ${status}.`, !mayPass, seconds);
}

/** A number, or a date to come (RFC 9110, 10.2.3). */
function secondsIn(retryAfter: string): number | undefined {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const left = /^\w{3}, .* GMT$/.test(retryAfter) ? Date.parse(retryAfter) - Date.now() : Number.NaN;
  return left > 0 ? Math.ceil(left / 1000) : undefined;
}
