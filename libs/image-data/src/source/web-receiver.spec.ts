import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebReceiver, type WebReceiverOptions } from './web-receiver.js';

const asked: string[] = [];
let answer: (response: ServerResponse) => void;
let server: ReturnType<typeof createServer>;
let port: number;
let receiver: WebReceiver;
beforeEach(async () => {
  asked.length = 0;
  answer = (response) => response.end();
  server = createServer((request: IncomingMessage, response) => {
    asked.push(`${request.method!} ${request.url!}`);
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  await receiver.close();
  server.close();
  server.closeAllConnections();
});

const { signal } = new AbortController();
function post(path: string, rules: Partial<WebReceiverOptions> = {}, host = '127.0.0.1') {
  const allowed = { allowedHosts: [], allowedPorts: [port], allowPrivate: true, timeoutSeconds: 1 };
  receiver = new WebReceiver({ ...allowed, ...rules });
  return receiver.post(`http://${host}:${port}${path}`, '{}', {}, signal);
}

it('what is answered 2xx was taken', async () => {
  expect(await post('/a')).toBeUndefined();
  expect(asked).toEqual(['POST /a']);
});

it.each(['127.0.0.1', 'localhost'])('%s is not connected to where private addresses are not allowed', async (host) => {
  expect(await post('/a', { allowPrivate: false }, host)).toMatch(/^Address (127\.0\.0\.1|::1) is not public/);
  expect(asked).toEqual([]);
});

it('a redirect is an answer, and nobody else is asked', async () => {
  answer = (response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
  expect(await post('/a')).toBe('The receiver answered 302.');
  expect(asked).toEqual(['POST /a']);
});

it('a receiver that never ends its answer is left, and its answer is not kept', async () => {
  answer = (response) => {
    const chunk = Buffer.alloc(1 << 16);
    const more = () => response.writableEnded || response.write(chunk, () => setImmediate(more));
    more();
  };
  expect(await post('/a')).toBeUndefined();
});

it('a receiver that does not answer is given up after a while, and what is said of it has nothing of the path', async () => {
  answer = () => undefined;
  expect(await post('/secret-path?token=secret')).toBe('127.0.0.1 did not answer within 1 s.');
});
