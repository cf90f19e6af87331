import { Agent } from 'undici';
import { z } from 'zod';
import { ask, receive, WebSourceError, type WebSource } from './web-source.js';

export interface ImageServiceOptions {
  /** from a catalogue that is trusted: no rule about addresses holds for it */
  readonly endpoint: string;
  /** the rights that are used there; sent to the endpoint and to nobody else */
  readonly headers: Readonly<Record<string, string>>;
  /** for connecting, for the headers, and between two chunks */
  readonly timeoutSeconds: number;
}

/** An image as another Image API v2 shows it: what its copy has to be. */
export interface ImageThere {
  readonly status: string;
  /** bytes */
  readonly size: bigint | null;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** lower-case hex; null when it is not told */
  readonly md5: string | null;
  /** lower-case hex; null when it is not told, or another algorithm is used there */
  readonly sha512: string | null;
  /** every text of it, attributes among them */
  readonly texts: Readonly<Record<string, string>>;
}

const shape = z.looseObject({
  status: z.string(),
  size: z.number().int().nonnegative().nullish(),
  disk_format: z.string().nullish(),
  container_format: z.string().nullish(),
  checksum: z.string().nullish(),
  os_hash_algo: z.string().nullish(),
  os_hash_value: z.string().nullish(),
});

/** of an image's JSON */
const mostBytes = 1 << 20;

/**
 * The Image API v2 of another region. Redirects are not followed: they would lead a token away from the endpoint that was
 * trusted with it. Errors tell no token.
 */
export class ImageService {
  private readonly base: string;

  /** @throws WebSourceError for an endpoint that is no URL of the web */
  constructor(private readonly options: ImageServiceOptions) {
    const { endpoint } = options;
    if (!/^https?:/i.test(endpoint) || !URL.canParse(endpoint)) {
      throw new WebSourceError(`The image endpoint in the catalogue is no http or https URL: ${endpoint}`, true);
    }
    // Catalogues have it with and without the version.
    this.base = endpoint.replace(/\/(v2(\.\d+)?\/?)?$/, '');
  }

  /** @throws WebSourceError */
  async show(id: string, signal?: AbortSignal): Promise<ImageThere> {
    const source = await this.ask(`/v2/images/${id}`, signal);
    try {
      return readImage(await textOf(source.stream));
    } finally {
      await source.close();
    }
  }

  /** @throws WebSourceError */
  data(id: string, signal?: AbortSignal): Promise<WebSource> {
    return this.ask(`/v2/images/${id}/file`, signal);
  }

  private async ask(path: string, signal: AbortSignal | undefined): Promise<WebSource> {
    const { headers, timeoutSeconds } = this.options;
    const timeout = timeoutSeconds * 1000;
    const agent = new Agent({ headersTimeout: timeout, bodyTimeout: timeout, connect: { timeout } });
    try {
      const answer = await ask('GET', new URL(this.base + path), agent, headers, signal);
      // The token may have run out since it was looked at; the next try sends Vitrine's own beside it.
      if (answer.statusCode === 401) {
        await answer.body.dump();
        throw new WebSourceError('The server does not take the token of whoever asked for the import (401).', false);
      }
      return await receive(answer, agent);
    } catch (error) {
      await agent.destroy();
      throw error;
    }
  }
}

async function textOf(stream: WebSource['stream']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw strange();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function readImage(text: string): ImageThere {
  const parsed = shape.safeParse(json(text));
  if (!parsed.success) throw strange();
  const { status, size, disk_format, container_format, checksum, os_hash_algo, os_hash_value } = parsed.data;
  const texts = Object.entries(parsed.data).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    status,
    size: typeof size === 'number' ? BigInt(size) : null,
    diskFormat: disk_format ?? null,
    containerFormat: container_format ?? null,
    md5: checksum?.toLowerCase() ?? null,
    sha512: os_hash_algo === 'sha512' ? (os_hash_value?.toLowerCase() ?? null) : null,
    texts: Object.fromEntries(texts),
  };
}

const strange = () =>
  new WebSourceError('The server answered with something else than an image of the Image API.', true);

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
