import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import type { ByteRange } from '#object-store';
import { bareHost, parseSource, resolvePublic, type DownloadRules } from './address-guard.js';

export interface WebSourceOptions extends DownloadRules {
  /** for connecting, for the headers, and between two chunks */
  readonly timeoutSeconds: number;
  /** only this part, from a server that can give parts */
  readonly range?: ByteRange;
}

/** Bytes on their way from a web server. */
export interface WebSource {
  readonly stream: Readable;
  /** bytes of the whole, as the server announced; undefined when it did not */
  readonly size: bigint | undefined;
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
 * GETs a URL under the rules. Each hop is checked as the first one was, and the address that was checked is the one that
 * is connected to, so that a name cannot point elsewhere in between (DNS rebinding).
 * @throws ForbiddenSource, WebSourceError
 */
export async function openWebSource(uri: string, options: WebSourceOptions, signal?: AbortSignal): Promise<WebSource> {
  const agent = guardedAgent(options);
  try {
    let url = parseSource(uri, options);
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const response = await get(url, agent, options.range, signal);
      const { location } = response.headers;
      if (!redirects.has(response.statusCode) || typeof location !== 'string')
        return await body(response, agent, options.range);
      await response.body.dump();
      url = parseSource(location, options, url);
    }
    throw new WebSourceError(`The server redirected more than ${mostRedirects} times.`, true);
  } catch (error) {
    await agent.destroy();
    throw error;
  }
}

function guardedAgent(options: WebSourceOptions): Agent {
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

async function get(
  url: URL,
  dispatcher: Agent,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
  const part = range && { range: `bytes=${range.start}-${range.end}` };
  const headers = { 'accept-encoding': 'identity', 'user-agent': 'vitrine', ...part };
  try {
    return await request(url, { dispatcher, signal, headers });
  } catch (error) {
    if (error instanceof Error && error.name === 'ForbiddenSource') throw error;
    const reason = error instanceof Error ? error.message || error.name : 'unknown failure';
    throw new WebSourceError(`${bareHost(url)} could not be reached: ${reason}`, false, undefined, { cause: error });
  }
}

async function body(response: Dispatcher.ResponseData, agent: Agent, range: ByteRange | undefined): Promise<WebSource> {
  const { statusCode, headers } = response;
  if (statusCode !== (range ? 206 : 200)) {
    await response.body.dump();
    if (statusCode === 200) throw new WebSourceError('The server does not give parts of its data.', true);
    throw refusal(statusCode, headers['retry-after']);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    const message = `The server sent the data encoded (${String(encoding)}), though it was asked for it as it is.`;
    throw new WebSourceError(message, true);
  }
  const length = range ? String(headers['content-range']).split('/')[1] : headers['content-length'];
  const known = typeof length === 'string' && /^\d+$/.test(length);
  return { stream: response.body, size: known ? BigInt(length) : undefined, close: () => agent.destroy() };
}

function refusal(status: number, retryAfter: string | string[] | undefined): WebSourceError {
  const mayPass = status >= 500 || status === 429 || status === 408;
  const asked = typeof retryAfter === 'string' && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const seconds = asked && Math.min(asked, longestWait);
  return new WebSourceError(`The server answered ${status}.`, !mayPass, seconds);
}
