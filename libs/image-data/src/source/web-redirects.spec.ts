import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assertDownloadable } from './address-guard.js';
import { WebServer } from './web-server.spec-kit.js';
import { openWebSource, type WebSourceOptions } from './web-source.js';

let server: WebServer;
let other: WebServer;
let answer: RequestListener;
let options: WebSourceOptions;

beforeEach(async () => {
  server = await WebServer.start((request, response) => answer(request, response));
  other = await WebServer.start((_request, response) => response.end('from the other'));
  options = { allowedHosts: [], allowedPorts: [server.port], allowPrivate: true, timeoutSeconds: 30 };
});
afterEach(() => Promise.all([server.stop(), other.stop()]));

const redirectTo =
  (location: string, status = 302): RequestListener =>
  (request, response) =>
    request.url === '/image' ? response.writeHead(status, { location }).end('moved') : response.end('the image');

async function fetched(uri = server.url('/image'), more: Partial<WebSourceOptions> = {}): Promise<string> {
  const source = await openWebSource(uri, { ...options, ...more });
  return text(source.stream).finally(() => source.close());
}

const forbidden = (message: string | RegExp) =>
  expect.objectContaining({ name: 'ForbiddenSource', message: expect.stringMatching(message) });

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('by %i is followed', async (status) => {
    answer = redirectTo('/elsewhere', status);
    expect(await fetched()).toBe('the image');
    expect(server.paths).toEqual(['/image', '/elsewhere']);
  });

  it.each(['elsewhere', '?elsewhere', '/elsewhere', `//127.0.0.1:PORT/elsewhere`, `http://localhost:PORT/elsewhere`])(
    'to %s is followed',
    async (location) => {
      answer = redirectTo(location.replace('PORT', String(server.port)));
      expect(await fetched()).toBe('the image');
      expect(server.paths[1]).toContain('elsewhere');
    },
  );

  it('to another server is followed when that one is allowed', async () => {
    answer = redirectTo(other.url('/image'));
    expect(await fetched(server.url('/image'), { allowedPorts: [server.port, other.port] })).toBe('from the other');
  });

  it('is followed five times, not six', async () => {
    let wanted = 5;
    answer = (request, response) => {
      const hop = Number(request.url!.slice(1));
      if (hop < wanted) response.writeHead(302, { location: `/${hop + 1}` }).end();
      else response.end('the image');
    };
    expect(await fetched(server.url('/0'))).toBe('the image');
    expect(server.paths).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
    wanted = 6;
    await expect(fetched(server.url('/0'))).rejects.toMatchObject({ name: 'WebSourceError', final: true });
    expect(server.paths.slice(6)).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
  });

  it('without an address is a refusal', async () => {
    answer = (_request, response) => response.writeHead(302).end();
    await expect(fetched()).rejects.toMatchObject({ name: 'WebSourceError', final: true });
  });

  it.each([
    ['file:///etc/passwd', 'Scheme file: is not allowed'],
    ['ftp://127.0.0.1/image', 'Scheme ftp: is not allowed'],
    ['http://127.0.0.1:22/', 'Port 22 is not allowed'],
    ['https://127.0.0.1/', 'Port 443 is not allowed'],
    ['http://alice:open-sesame@127.0.0.1/', 'credentials in it is not allowed'],
    ['http://134744072/', 'must be written in full'],
    ['//0x8080808/', 'must be written in full'],
    ['http://[', 'is not a URL'],
  ])('to %s is refused', async (location, reason) => {
    answer = redirectTo(location);
    const rules = { allowedPorts: [server.port, 80] };
    await expect(fetched(undefined, rules)).rejects.toEqual(forbidden(reason));
    expect(server.paths).toEqual(['/image']);
  });

  it('to a port that is not allowed is refused before it is connected to', async () => {
    answer = redirectTo(other.url('/image'));
    await expect(fetched()).rejects.toEqual(forbidden(`^Port ${other.port} is not allowed`));
    expect([server.paths.length, other.connections]).toEqual([1, 0]);
  });

  it('to a host that is not allowed is refused before it is connected to', async () => {
    answer = redirectTo(server.url('/image', 'localhost'));
    await expect(fetched(undefined, { allowedHosts: ['127.0.0.1'] })).rejects.toEqual(forbidden('^Host localhost'));
    expect([server.paths.length, server.connections]).toEqual([1, 1]);
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]'])(
    'to the private address %s is refused before it is connected to',
    async (host) => {
      // All servers of a test are private: the rule comes into force when the first one has been reached.
      const rules = { ...options, allowedPorts: [server.port, other.port], allowPrivate: true };
      answer = (request, response) => {
        rules.allowPrivate = false;
        redirectTo(other.url('/image', host))(request, response);
      };
      await expect(openWebSource(server.url('/image'), rules)).rejects.toEqual(forbidden('is not public'));
      expect([server.paths.length, other.connections]).toEqual([1, 0]);
    },
  );
});

describe('a name', () => {
  it('that leads to a private address is refused, and nothing is connected to', async () => {
    answer = (_request, response) => response.end('the secret');
    const uri = server.url('/image', 'localhost');
    expect(await fetched(uri)).toBe('the secret');
    expect(server.connections).toBe(1);
    await expect(fetched(uri, { allowPrivate: false })).rejects.toEqual(forbidden('is not public \\(loopback\\)'));
    expect(server.connections).toBe(1);
  });

  it('that led elsewhere when it was checked first is checked again by the connection itself', async () => {
    answer = (_request, response) => response.end('the secret');
    const uri = server.url('/image', 'localhost');
    await assertDownloadable(uri, options);
    await expect(fetched(uri, { allowPrivate: false })).rejects.toEqual(forbidden('is not public'));
    expect(server.connections).toBe(0);
  });

  it('that does not resolve is refused', async () => {
    await expect(fetched(`http://no-such-host.invalid:${server.port}/`)).rejects.toEqual(forbidden('does not resolve'));
  });
});
