import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startWebServer, type WebServer } from '../../../../test/services/web-server.js';
import { openSteadySource } from './steady-source.js';
import { WebSourceError } from './web-source.js';

const bytes = randomBytes(300_000);
const servers: WebServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

interface Habits {
  /** bytes of an answer before the line is cut; by the number of the request */
  readonly cutAfter?: (request: number) => number | undefined;
  readonly etag?: (request: number) => string | undefined;
  readonly data?: (request: number) => Buffer;
  readonly givesParts?: boolean;
  readonly status?: (request: number) => [number, Record<string, string>] | undefined;
}

/** A server that gives parts as RFC 9110 says, and what was asked of it. */
async function serve({ cutAfter, etag = () => '"v1"', data = () => bytes, givesParts = true, status }: Habits) {
  const asked: (string | undefined)[] = [];
  const handle = ({ headers }: IncomingMessage, answer: ServerResponse) => {
    const n = asked.push(headers.range) - 1;
    const refused = status?.(n);
    if (refused) {
      answer.writeHead(...refused).end();
      return;
    }
    const [tag, all] = [etag(n), data(n)];
    const isSame = headers['if-range'] === undefined || headers['if-range'] === tag;
    const start = givesParts && isSame ? Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    const part = all.subarray(start);
    const isPart = givesParts && isSame && headers.range !== undefined;
    answer.writeHead(isPart ? 206 : 200, {
      ...{ 'content-length': part.length, ...(tag !== undefined && { etag: tag }) },
      ...(isPart && { 'content-range': `bytes ${start}-${all.length - 1}/${all.length}` }),
    });
    const cut = cutAfter?.(n);
    if (cut === undefined) answer.end(part);
    else answer.write(part.subarray(0, cut), () => answer.destroy());
  };
  const server = await startWebServer(handle);
  servers.push(server);
  return { ...server, asked };
}

async function download(mirrors: readonly WebServer[], isVerified = false): Promise<Buffer> {
  const allowedPorts = servers.map(({ port }) => port);
  const rules = { allowedHosts: [], allowedPorts, allowPrivate: true, timeoutSeconds: 5 };
  const signal = new AbortController().signal;
  const source = await openSteadySource(
    mirrors.map(({ url }) => url),
    { ...rules, isVerified, pauseMs: 1 },
    signal,
  );
  try {
    expect(source.size).toBe(300_000n);
    return await buffer(source.stream);
  } finally {
    await source.close();
  }
}

const halves = (request: number) => (request < 2 ? 100_000 : undefined);

describe('a download that breaks off', () => {
  it('goes on where it was, until all is there', async () => {
    const server = await serve({ cutAfter: halves });
    expect((await download([server])).equals(bytes)).toBe(true);
    expect(server.asked).toHaveLength(3);
    expect(server.asked[0]).toBeUndefined();
    const starts = server.asked.slice(1).map((range) => Number(/=(\d+)-/.exec(range!)![1]));
    expect(starts[0]).toBeGreaterThan(0);
    expect(starts[1]).toBeGreaterThan(starts[0]!);
  });

  it('fails when the data changed meanwhile: never a mixture', async () => {
    const server = await serve({
      cutAfter: (request) => (request === 0 ? 100_000 : undefined),
      etag: (request) => `"v${request}"`,
      data: (request) => (request === 0 ? bytes : randomBytes(300_000)),
    });
    await expect(download([server])).rejects.toThrow(/terminated|cut|closed/);
    expect(server.asked).toHaveLength(2);
  });

  it.each<[string, Habits]>([
    ['no tag by which the data is known again', { etag: () => undefined }],
    ['no parts', { givesParts: false }],
  ])('fails at a server that has %s, and may be tried from the start', async (_, habits) => {
    const server = await serve({ cutAfter: halves, ...habits });
    const failure = await download([server]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure instanceof WebSourceError && failure.final).toBe(false);
  });

  it('goes on at another mirror where a digest will tell in the end whether it was the same', async () => {
    const first = await serve({
      cutAfter: (request) => (request === 0 ? 100_000 : undefined),
      status: (request) => (request > 0 ? [503, {}] : undefined),
    });
    const second = await serve({ etag: () => '"another"' });
    expect((await download([first, second], true)).equals(bytes)).toBe(true);
    expect(second.asked[0]).toMatch(/^bytes=\d+-$/);
  });

  it('stays at its mirror where none will', async () => {
    const first = await serve({
      cutAfter: (request) => (request === 0 ? 100_000 : undefined),
      status: (request) => (request > 0 ? [503, {}] : undefined),
    });
    const second = await serve({});
    await expect(download([first, second])).rejects.toThrow('The server answered 503.');
    expect(second.asked).toEqual([]);
  });

  it('is given up at a server that cuts again and again without a byte more', async () => {
    const server = await serve({ cutAfter: (request) => (request === 0 ? 100_000 : 0) });
    await expect(download([server])).rejects.toThrow(/terminated|cut|closed/);
    expect(server.asked.length).toBeLessThan(10);
  });
});

describe('mirrors', () => {
  it('are tried in their order until one gives the data', async () => {
    const first = await serve({ status: () => [404, {}] });
    const second = await serve({});
    expect((await download([first, second])).equals(bytes)).toBe(true);
  });

  it('that all refuse fail by what the first one said, with the time to wait that it asked for', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString();
    const first = await serve({ status: () => [429, { 'retry-after': date }] });
    const second = await serve({ status: () => [404, {}] });
    const failure = await download([first, second]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: 'The server answered 429.', final: false });
    expect((failure as WebSourceError).retryAfterSeconds).toBeGreaterThan(60);
  });
});
