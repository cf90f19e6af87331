import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { qcow2 } from '../services/built-images.js';
import { eventually, type Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';
import { itemsOf, path, untilStatus, type BulkJson } from './bulk-imports.spec-kit.js';

type Answer = (request: IncomingMessage, answer: ServerResponse) => void;

let web: WebServer;
let cloud: Awaited<ReturnType<typeof startCloud>>;
let alice: Client;
/** What is published, by path; and what was asked for. */
const published = new Map<string, string | Buffer | Answer>();
const asked: string[] = [];
beforeAll(async () => {
  web = await startWebServer((request, answer) => {
    asked.push(`${request.method!} ${request.url!}`);
    const found = published.get(new URL(request.url!, web.url).pathname);
    if (typeof found === 'function') return found(request, answer);
    answer.statusCode = found === undefined ? 404 : 200;
    if (found !== undefined) answer.setHeader('content-length', Buffer.byteLength(found));
    answer.end(request.method === 'HEAD' ? undefined : found);
  });
  cloud = await startCloud({
    VITRINE_IMPORT_ALLOWED_PORTS: `80,443,${web.port}`,
    VITRINE_IMPORT_TIMEOUT_SECONDS: '3',
    VITRINE_IMPORT_ATTEMPTS: '1',
  });
  ({ alice } = cloud);
});
beforeEach(() => {
  published.clear();
  asked.length = 0;
});
afterAll(async () => {
  await cloud.cloud.remove();
  await web.stop();
});

const disk = qcow2();
const sha256 = createHash('sha256').update(disk).digest('hex');
const productsOf = (arches: readonly string[]) => ({
  ...{ format: 'products:1.0', datatype: 'image-downloads', content_id: 'example:download' },
  products: Object.fromEntries(
    arches.map((arch) => {
      const item = { ftype: 'disk1.img', path: `server/noble-${arch}.img`, sha256, size: disk.length };
      const version = { pubname: `noble-${arch}`, items: { 'disk1.img': item } };
      return [
        `example:24.04:${arch}`,
        { arch, os: 'ubuntu', release: 'noble', version: '24.04', versions: { 1: version } },
      ];
    }),
  ),
});

/** A mirror at /m with an index, a document and a disk for each architecture. */
function publish(...arches: string[]): object {
  const document = 'streams/v1/example:download.json';
  const index = { example: { format: 'products:1.0', datatype: 'image-downloads', path: document } };
  published.set('/m/streams/v1/index.json', JSON.stringify({ format: 'index:1.0', index }));
  published.set('/m/streams/v1/example%3Adownload.json', JSON.stringify(productsOf(arches)));
  for (const arch of arches) published.set(`/m/server/noble-${arch}.img`, disk);
  return { simplestreams: `${web.url}/m/streams/v1/index.json` };
}
const sumsOf = (...files: string[]) => files.map((file) => `${sha256} *${file}\n`).join('');
const sums = { sums: '' };
const request = (body: object, key?: string, client = alice) =>
  client.post(path, body, key === undefined ? {} : { 'idempotency-key': key });
const imagesNamed = async (name: string) => (await alice.get(`/v2/images?name=${name}`)).images;
const idOf = (answer: { json: object }) => (answer.json as BulkJson).id;
const at = (file: string) => ({ sums: `${web.url}${file}` });

describe('a bulk import of what a listing names', () => {
  it('brings the images of a simplestreams mirror, verified, with what is known of them', async () => {
    const source = { ...publish('amd64', 'arm64', 's390x'), architecture: ['amd64', 'aarch64'], release: '24.04' };
    const answer = await request({ source, defaults: { tags: ['official'] }, concurrency: 2 });
    expect(answer).toMatchObject({ status: 202, json: { concurrency: 2, items: { total: 2 } } });
    expect(await untilStatus(alice, idOf(answer), 'finished')).toMatchObject({ items: { done: 2 } });
    const items = await itemsOf(alice, idOf(answer));
    expect(await alice.show(items[1]!.image_id)).toMatchObject({
      ...{ name: 'noble-arm64', status: 'active', disk_format: 'qcow2', container_format: 'bare', tags: ['official'] },
      ...{ architecture: 'aarch64', os_distro: 'ubuntu', os_version: '24.04', size: disk.length },
    });
    expect(asked).not.toContain('GET /m/server/noble-s390x.img');
  });

  it('brings what a listing of checksums names, and not what has another checksum', async () => {
    published.set('/s/SHA256SUMS', sumsOf('good-amd64.qcow2', 'bad-amd64.qcow2', 'notes.txt'));
    published.set('/s/good-amd64.qcow2', disk);
    published.set('/s/bad-amd64.qcow2', qcow2([8, 1, 'u8']));
    const answer = await request({ source: at('/s/SHA256SUMS'), defaults: { visibility: 'private' } });
    expect(await untilStatus(alice, idOf(answer), 'finished')).toMatchObject({ items: { done: 1, failed: 1 } });
    const [failed] = await itemsOf(alice, idOf(answer), '&status=failed');
    expect(failed).toMatchObject({ url: `${web.url}/s/bad-amd64.qcow2` });
    expect(await imagesNamed('good-amd64')).toMatchObject([{ visibility: 'private', architecture: 'x86_64' }]);
  });

  it('has the disk format that is said of all, where the listing only suggests one', async () => {
    published.set('/s/SHA256SUMS', sumsOf('deduced.img'));
    const source = at('/s/SHA256SUMS');
    await request({ source });
    await request({ source, defaults: { disk_format: 'raw' } });
    expect((await imagesNamed('deduced')).map((image) => image.disk_format).sort()).toEqual(['qcow2', 'raw']);
  });

  it('asks every server in a dry run and makes nothing', async () => {
    const source = publish('amd64', 'riscv64');
    const answer = await request({ source, dry_run: true, defaults: { tags: ['dry'] } });
    expect(answer).toMatchObject({ status: 200, json: { dry_run: true, items: 2, bytes: { total: 2 * disk.length } } });
    expect(asked).toContain('HEAD /m/server/noble-riscv64.img');
    published.delete('/m/server/noble-riscv64.img');
    expect(await request({ source, dry_run: true })).toMatchObject({ status: 400, json: { invalid: [{ line: 2 }] } });
    expect((await alice.get('/v2/images?tag=dry')).images).toEqual([]);
  });

  it('is one with one key, also when the listing has changed or is gone', async () => {
    published.set('/s/SHA256SUMS', sumsOf('key-one.qcow2'));
    const body = { source: at('/s/SHA256SUMS'), concurrency: 3 };
    const first = await request(body, 'listing');
    published.set('/s/SHA256SUMS', sumsOf('key-two.qcow2', 'key-three.qcow2'));
    const again = await request(body, 'listing');
    published.clear();
    const once = await request(body, 'listing');
    expect([first, again, once].map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set([first, again, once].map(idOf)).size).toBe(1);
    expect(once.json).toMatchObject({ items: { total: 1 } });
    expect(asked.filter((line) => line.startsWith('GET /s/SHA'))).toHaveLength(1);
    expect(await request({ ...body, concurrency: 4 }, 'listing')).toMatchObject({ status: 422 });
    expect(await request({ ...body, source: { ...body.source, name: 'x*' } }, 'listing')).toMatchObject({
      status: 422,
    });
    expect(await imagesNamed('key-two')).toEqual([]);
  });

  it('is one with one key when two requests find different listings at the same time', async () => {
    const held: ServerResponse[] = [];
    published.set('/s/SHA256SUMS', (_, answer) => void held.push(answer));
    const body = { source: at('/s/SHA256SUMS') };
    const slow = request(body, 'race');
    await eventually(
      () => Promise.resolve(held.length),
      (count) => count === 1,
      'the first request',
    );
    published.set('/s/SHA256SUMS', sumsOf('race-quick.qcow2'));
    const quick = await request(body, 'race');
    held[0]!.end(sumsOf('race-slow-1.qcow2', 'race-slow-2.qcow2'));
    expect(await slow).toMatchObject({ status: 202, json: { id: idOf(quick), items: { total: 1 } } });
    expect(await imagesNamed('race-slow-1')).toEqual([]);
  });

  it('waits its turn when others are being read, and says so', async () => {
    const held: ServerResponse[] = [];
    published.set('/s/SHA256SUMS', (_, answer) => void held.push(answer));
    const body = { source: at('/s/SHA256SUMS'), dry_run: true };
    const others = Array.from({ length: 4 }, () => request(body));
    await eventually(
      () => Promise.resolve(held.length),
      (count) => count === 4,
      'the other requests',
    );
    expect(await request(body)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    for (const answer of held) answer.writeHead(404).end();
    await Promise.all(others);
    expect(await request(body)).toMatchObject({ status: 502 });
    held.at(-1)?.end();
  });

  it('may be asked for by those who may import: a reader lets no listing be read', async () => {
    expect(await request({ source: publish('amd64') }, undefined, cloud.rita)).toMatchObject({ status: 403 });
    expect(asked).toEqual([]);
  });
});

describe('a listing that is of no use', () => {
  const document = () => `${web.url}/s/SUMS`;
  const slowly: Answer = (_, answer) => {
    const drop = setInterval(() => answer.write('#\n'), 100);
    answer.once('close', () => clearInterval(drop));
  };
  const endless: Answer = (_, answer) => {
    const chunk = Buffer.alloc(1 << 20, '#');
    const pour = () => {
      while (!answer.destroyed && answer.write(chunk));
      answer.once('drain', pour);
    };
    pour();
  };

  it.each<[string, string | Answer, number, RegExp]>([
    ['is a page', '<html>', 400, /line 1 is no checksum of a file: <html>/],
    ['is not there', (_, answer) => answer.writeHead(404).end(), 400, /The server answered 404/],
    ['is broken at the server', (_, answer) => answer.writeHead(500).end(), 502, /The server answered 500/],
    [
      'is cut off',
      (_, answer) => answer.writeHead(200, { 'content-length': 99 }).write('x', () => answer.destroy()),
      502,
      /its transfer broke off/,
    ],
    ['never comes', () => undefined, 502, /could not be reached/],
    ['comes drop by drop', slowly, 502, /it did not come in time/],
    ['has no end', endless, 400, /it is larger than 33554432 bytes/],
    [
      'is encoded',
      (_, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      400,
      /encoded \(gzip\)/,
    ],
    [
      'leads elsewhere',
      (_, answer) => answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      400,
      /Port 1 is not allowed/,
    ],
    [
      'leads to itself',
      (_, answer) => answer.writeHead(302, { location: '/s/SUMS' }).end(),
      400,
      /redirected more than 5 times/,
    ],
  ])('because it %s is named with what is wrong', async (_, answer, status, problem) => {
    published.set('/s/SUMS', answer);
    const refused = await request({ source: { sums: `${document()}?signature=secret` } });
    expect(refused).toMatchObject({ status, json: { document: document() } });
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.json.detail).toMatch(problem);
    expect(refused.text).not.toContain('secret');
  });

  it.each<[string, object, RegExp]>([
    ['a port that is not allowed', { sums: 'http://127.0.0.1:1/SUMS' }, /Port 1 is not allowed/],
    ['a scheme that is not allowed', { simplestreams: 'file:///etc/passwd' }, /Scheme file: is not allowed/],
    ['credentials', { sums: 'https://user:secret@example.org/SUMS' }, /with credentials/],
    ['no address', { sums: 'SUMS' }, /not a URL/],
    ['another image service in short', { glance: { endpoint: 'http://127.1/', token: 'secret' } }, /written in full/],
  ])('because its address has %s is refused', async (_, source, problem) => {
    const refused = await request({ source });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.json.detail).toMatch(problem);
    expect(refused.text).not.toContain('secret');
  });

  it('because it names too many is refused, and nothing is made', async () => {
    published.set('/s/SUMS', sumsOf(...Array.from({ length: 10_001 }, (_, n) => `crowd-${n}.qcow2`)));
    expect(await request({ source: at('/s/SUMS') })).toMatchObject({ status: 413 });
    expect(await request({ source: at('/s/SUMS'), dry_run: true })).toMatchObject({ status: 413 });
    published.set('/s/SUMS', sumsOf('crowd-0.qcow2'));
    expect(await request({ source: { ...at('/s/SUMS'), name: 'none*' } })).toMatchObject({ status: 400 });
    expect(await imagesNamed('crowd-0')).toEqual([]);
  });

  it('because of some entries tells all of them by name, and nothing is made', async () => {
    const long = `${'n'.repeat(300)}.qcow2`;
    published.set('/s/SUMS', sumsOf('fine.qcow2', '../up.qcow2', long, 'fine.vhd'));
    const refused = await request({ source: at('/s/SUMS') });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.json.invalid).toEqual([
      expect.objectContaining({ line: 2, name: 'up', field: 'url' }),
      expect.objectContaining({ line: 3, name: 'n'.repeat(300), field: 'name' }),
    ]);
    expect(await imagesNamed('fine')).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['two kinds at once', { source: { ...sums, simplestreams: 'x' } }, /one of simplestreams, sums and glance/],
    ['no kind', { source: {} }, /one of simplestreams, sums and glance/],
    [
      'a filter that there is not',
      { source: { sums: 'https://h/', realease: 'x' } },
      /source: Unrecognized key: "realease"/,
    ],
    [
      'a token with line breaks',
      { source: { glance: { endpoint: 'https://h/', token: 'a\nb' } } },
      /source\.glance\.token: must be a token/,
    ],
    ['items beside it', { source: { sums: 'https://h/' }, items: [] }, /Unrecognized key: "source"/],
    ['addresses for all', { source: { sums: 'https://h/' }, defaults: { urls: ['https://h/'] } }, /defaults\.urls/],
    ['a list', { source: [] }, /source/],
  ])('cannot be: a request with %s', async (_, body, problem) => {
    const refused = await request(body);
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.json.detail).toMatch(problem);
  });
});
