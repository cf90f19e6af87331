import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ingest } from '../ingest.js';
import { digestsOf, Scratch, turns } from '../ingest.spec-kit.js';
import { WebServer } from './web-server.spec-kit.js';
import { openWebSource, type WebSource, type WebSourceOptions } from './web-source.js';

const bytes = randomBytes(1_500_000);

let server: WebServer;
let answer: RequestListener;
let options: WebSourceOptions;
let scratch: Scratch;
let opened: WebSource[];

beforeEach(async () => {
  scratch = new Scratch();
  opened = [];
  server = await WebServer.start((request, response) => answer(request, response));
  options = { allowedHosts: [], allowedPorts: [server.port], allowPrivate: true, timeoutSeconds: 30 };
});
afterEach(async () => {
  for (const source of opened) await source.close();
  await server.stop();
  scratch.remove();
});

async function open(more: Partial<WebSourceOptions> = {}, signal?: AbortSignal): Promise<WebSource> {
  const source = await openWebSource(server.url('/image'), { ...options, ...more }, signal);
  opened.push(source);
  return source;
}

const store = async ({ stream, size }: WebSource) =>
  ingest(stream, await scratch.store.create('image/blob'), { expectedSize: size });

describe('a web server', () => {
  it('that says how much it sends gives the bytes and their number', async () => {
    answer = (request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    };
    const source = await open();
    expect(source.size).toBe(BigInt(bytes.length));
    expect(await store(source)).toMatchObject({ size: source.size, ...digestsOf(bytes) });
    expect((await scratch.bytes('image/blob')).equals(bytes)).toBe(true);
  });

  it.each([
    ['in chunks', {}],
    ['until it closes the connection', { connection: 'close', 'transfer-encoding': 'identity' }],
  ])('that does not say how much it sends, %s, gives the bytes', async (_, headers) => {
    answer = (_request, response) => {
      response.writeHead(200, headers).write(bytes.subarray(0, 10));
      response.end(bytes.subarray(10));
    };
    const source = await open();
    expect(source.size).toBeUndefined();
    expect((await buffer(source.stream)).equals(bytes)).toBe(true);
  });

  it('that has nothing gives nothing', async () => {
    answer = (_request, response) => response.writeHead(200, { 'content-length': 0 }).end();
    const source = await open();
    expect(source.size).toBe(0n);
    expect(await store(source)).toMatchObject({ size: 0n });
  });

  it('that calls its bytes plain is believed', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'identity', 'content-length': 3 }).end('abc');
    const source = await open();
    expect([source.size, String(await buffer(source.stream))]).toEqual([3n, 'abc']);
  });

  it('that encodes them though it was asked not to is refused: nobody would decode the image', async () => {
    answer = (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));
    await expect(open()).rejects.toMatchObject({
      name: 'WebSourceError',
      final: true,
      message: 'The server sent the data encoded (gzip), though it was asked for it as it is.',
    });
  });
});

describe('a web server that refuses', () => {
  it.each([204, 206, 304, 400, 401, 403, 404, 410])('with %i is not asked again', async (status) => {
    answer = (_request, response) => response.writeHead(status).end(status === 404 ? 'x'.repeat(300_000) : undefined);
    await expect(open()).rejects.toMatchObject({
      name: 'WebSourceError',
      final: true,
      message: `The server answered ${status}.`,
      retryAfterSeconds: undefined,
    });
  });

  it('is let go of', async () => {
    let gone: Promise<unknown> | undefined;
    answer = (request, response) => {
      gone = once(request.socket, 'close');
      response.writeHead(404, { 'keep-alive': 'timeout=600' }).end('not here');
    };
    await expect(open()).rejects.toThrow('404');
    await gone;
  });

  it.each([
    [503, '7', 7],
    [429, '0', 0],
    [503, undefined, undefined],
    [500, 'Wed, 21 Oct 2015 07:28:00 GMT', undefined],
    [502, '-1', undefined],
    [408, '1.5', undefined],
    [504, '999999999999999999999', 86_400],
  ])('with %i and Retry-After %s may be asked again, after %s s', async (status, retryAfter, seconds) => {
    answer = (_request, response) =>
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('busy');
    await expect(open()).rejects.toMatchObject({ name: 'WebSourceError', final: false, retryAfterSeconds: seconds });
  });
});

describe('a line that fails', () => {
  it('because nobody listens may be tried again', async () => {
    await server.stop();
    await expect(open()).rejects.toMatchObject({
      name: 'WebSourceError',
      final: false,
      message: expect.stringMatching(/^127\.0\.0\.1 could not be reached: .*ECONNREFUSED/),
    });
  });

  it('before the answer may be tried again', async () => {
    answer = (request) => request.socket.destroy();
    await expect(open()).rejects.toMatchObject({ name: 'WebSourceError', final: false });
  });

  it.each([
    ['of the bytes that were announced', { 'content-length': bytes.length }],
    ['of a body that was sent in chunks', {}],
  ])('in the middle %s fails the ingest', async (_, headers) => {
    answer = (_request, response) => {
      response.writeHead(200, headers);
      response.write(bytes.subarray(0, 1_000_000), () => response.destroy());
    };
    await expect(store(await open())).rejects.toMatchObject({
      code: 'source-failed',
      message: expect.stringMatching(/^The data stopped after \d+ bytes: /),
    });
    expect(scratch.files()).toEqual([]);
  });

  it('before anybody reads fails the ingest, and nothing else', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('some');
      response.socket!.end();
    };
    const source = await open();
    await new Promise((resolve) => source.stream.once('close', resolve));
    await expect(store(source)).rejects.toMatchObject({ code: 'source-failed' });
  });

  it.each([
    ['before its headers', undefined],
    ['after its first bytes', 'some'],
  ])('by silence %s is given up', async (_, first) => {
    const gone: Promise<unknown>[] = [];
    answer = (request, response) => {
      gone.push(once(request.socket, 'close'));
      if (first) response.writeHead(200, { 'content-length': 100 }).write(first);
    };
    const failure = open({ timeoutSeconds: 0.2 }).then(store);
    await expect(failure).rejects.toThrow(first ? 'The data stopped after 4 bytes: ' : 'could not be reached: ');
    await Promise.all(gone);
    expect(gone).toHaveLength(1);
  });
});

describe('a transfer that is not wanted any more', () => {
  it('is given up while the server still thinks', async () => {
    const stop = new AbortController();
    let gone: Promise<unknown> | undefined;
    answer = (request) => {
      gone = once(request.socket, 'close');
      stop.abort(new Error('enough'));
    };
    await expect(open({}, stop.signal)).rejects.toThrow('enough');
    await gone;
  });

  it.each(['read', 'unread'])(
    'closes its connection when the source is closed %s, and ends nothing else',
    async (how) => {
      let gone: Promise<unknown> | undefined;
      answer = (request, response) => {
        gone = once(request.socket, 'close');
        response.writeHead(200, { 'content-length': 100 }).write('some');
      };
      const source = await open();
      if (how === 'read') {
        source.stream.on('data', () => undefined);
        await once(source.stream, 'data');
      }
      await source.close();
      await gone;
      await turns();
      expect(source.stream.destroyed).toBe(true);
    },
  );
});
