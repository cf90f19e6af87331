import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebServer } from './web-server.spec-kit.js';
import { WebStore } from './web.store.js';

let server: WebServer;
let answer: RequestListener;
let store: WebStore;
let methods: string[];

beforeEach(async () => {
  methods = [];
  server = await WebServer.start((request, response) => {
    methods.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  store = storeWith({ allowedPorts: [server.port] });
});
afterEach(() => server.stop());

function storeWith(rules: object): WebStore {
  return new WebStore('web', { allowedHosts: [], allowedPorts: [], allowPrivate: true, timeoutSeconds: 30, ...rules });
}
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'StoreError', code, message: expect.stringMatching(message) });

describe('what a server says of its data', () => {
  it('is asked by HEAD, without the bytes, and through redirects', async () => {
    answer = (request, response) =>
      request.url === '/image'
        ? response.writeHead(302, { location: '/elsewhere' }).end()
        : response.writeHead(200, { 'content-length': '9007199254740993' }).end();
    const url = `${server.url('/image')}#part`;
    expect(await store.stat(url)).toMatchObject({ key: url, size: 9_007_199_254_740_993n });
    expect(methods).toEqual(['HEAD /image', 'HEAD /elsewhere']);
  });

  it.each([404, 410, 403])('is nothing when it answers %i', async (status) => {
    answer = (_request, response) => response.writeHead(status).end();
    expect(await store.stat(server.url('/image'))).toBeUndefined();
  });

  it.each<[string, RequestListener, RegExp]>([
    ['no size', (_request, response) => response.end(), /how large/],
    ['nothing', (_request, response) => response.writeHead(200, { 'content-length': 0 }).end(), /how large/],
    ['that it is busy', (_request, response) => response.writeHead(503).end(), /answered 503/],
  ])('cannot be used when it is %s', async (_, answers, message) => {
    answer = answers;
    await expect(store.stat(server.url('/image'))).rejects.toEqual(refused('unavailable', message));
  });

  it('cannot be used when it would send the data encoded', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-length': 10, 'content-encoding': 'gzip' }).end();
    expect(await store.stat(server.url('/image'))).toBeUndefined();
  });

  it('is not asked of a server that the rules forbid, nor of one that a redirect leads to', async () => {
    answer = (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    await expect(storeWith({}).stat(server.url('/image'))).rejects.toEqual(refused('denied', /Port .* is not allowed/));
    const strict = storeWith({ allowedPorts: [server.port], allowPrivate: false });
    await expect(strict.stat(server.url('/image', 'localhost'))).rejects.toEqual(refused('denied', /not public/));
    expect(server.connections).toBe(0);
    await expect(store.stat(server.url('/image'))).rejects.toEqual(refused('denied', /Port 1 is not allowed/));
  });

  it('is asked of no address with credentials in it, and the refusal does not repeat them', async () => {
    const url = server.url('/image').replace('//', '//user:hunter2@');
    await expect(store.stat(url)).rejects.toEqual(refused('denied', /^((?!hunter2).)*$/));
  });
});
