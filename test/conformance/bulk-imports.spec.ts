import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import type { WebServer } from '../services/web-server.js';
import { itemsOf, path, show, startMirror, type BulkJson } from './bulk-imports.spec-kit.js';

let web: WebServer;
let cloud: Awaited<ReturnType<typeof startCloud>>;
let alice: Client;
beforeAll(async () => {
  web = await startMirror();
  // Nobody works on what was accepted: this is about the request.
  cloud = await startCloud({ VITRINE_WORKERS: '0', VITRINE_IMPORT_ALLOWED_PORTS: `80,443,${web.port}` });
  ({ alice } = cloud);
});
afterAll(async () => {
  await cloud.cloud.remove();
  await web.stop();
});

const item = (more: object = {}) => ({ name: 'one', url: `${web.url}/100/a`, disk_format: 'raw', ...more });
const csv = (text: string, query = '') => alice.post(`${path}${query}`, text, { 'content-type': 'text/csv' });
const ndjson = (text: string) => alice.post(path, text, { 'content-type': 'application/x-ndjson' });
const json = (text: string) => alice.post(path, text, { 'content-type': 'application/json' });
const imagesNamed = async (name: string) => (await alice.get(`/v2/images?name=${name}`)).images;

describe('a bulk import is asked for', () => {
  it('as JSON: every item is an image that is there at once', async () => {
    const items = [
      item({ name: 'json-1', tags: ['x'], properties: { os_distro: 'debian' }, architecture: 'x86_64', min_disk: 3 }),
      item({ name: 'json-2', url: undefined, urls: [`${web.url}/1/x`, `${web.url}/1/y`], visibility: 'private' }),
    ];
    const defaults = { properties: { os_type: 'linux' }, protected: true };
    const answer = await alice.post(path, { items, defaults, concurrency: 3, retries: 2, on_error: 'stop' });
    expect(answer.status).toBe(202);
    const bulk = answer.json as unknown as BulkJson;
    expect(answer.headers.location).toBe(`${cloud.url}${path}/${bulk.id}`);
    expect(bulk).toMatchObject({
      ...{ status: 'running', concurrency: 3, retries: 2, on_error: 'stop', project_id: alice.projectId },
      items: { total: 2, waiting: 2, running: 0, done: 0, failed: 0, cancelled: 0 },
      bytes: { done: 0, total: 0, unknown_items: 2 },
    });
    const [first, second] = await itemsOf(alice, bulk.id);
    expect(await alice.show(first!.image_id)).toMatchObject({
      ...{ name: 'json-1', status: 'importing', owner: alice.projectId, tags: ['x'], min_disk: 3, protected: true },
      ...{ os_distro: 'debian', os_type: 'linux', architecture: 'x86_64', container_format: 'bare' },
    });
    expect(await alice.show(second!.image_id)).toMatchObject({ name: 'json-2', visibility: 'private' });
    const [created] = await alice.history(first!.image_id);
    expect(created).toMatchObject({ correlation_id: bulk.id });
  });

  it('as CSV with a BOM, CRLF, quotes, empty lines and lists in cells', async () => {
    const text =
      '\ufeffname,url,disk_format,tags,protected,min_ram,property:os_distro\r\n' +
      `"csv-1, ""quoted""",${web.url}/1/a,raw,"a,b",true,512,"two\r\nlines"\r\n\r\n` +
      `csv-2,${web.url}/1/b,qcow2,,,,\r\n`;
    const answer = await csv(text, '?concurrency=2&defaults={"visibility":"private"}');
    expect(answer).toMatchObject({ status: 202, json: { concurrency: 2, items: { total: 2 } } });
    const items = await itemsOf(alice, (answer.json as unknown as BulkJson).id);
    expect(items.map(({ line }) => line)).toEqual([2, 5]);
    expect(await alice.show(items[0]!.image_id)).toMatchObject({
      ...{ name: 'csv-1, "quoted"', tags: ['a', 'b'], protected: true, min_ram: 512, os_distro: 'two\r\nlines' },
      visibility: 'private',
    });
    expect(await alice.show(items[1]!.image_id)).toMatchObject({ name: 'csv-2', tags: [], protected: false });
  });

  it('as lines of JSON', async () => {
    const answer = await ndjson(`${JSON.stringify(item())}\n\n${JSON.stringify(item())}`);
    expect(answer.status).toBe(202);
    const items = await itemsOf(alice, (answer.json as unknown as BulkJson).id);
    expect(items.map(({ line }) => line)).toEqual([1, 3]);
  });

  it('twice with one key: it is one, also when both come at the same time', async () => {
    const items = Array.from({ length: 250 }, (_, n) => item({ name: `twice-${n}` }));
    const ask = (more: object = {}) => alice.post(path, { items, ...more }, { 'idempotency-key': 'key-1' });
    const both = await Promise.all([ask(), ask()]);
    const again = await ask();
    expect([...both, again].map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set([...both, again].map(({ json }) => json.id)).size).toBe(1);
    expect(again.json).toMatchObject({ status: 'running', items: { total: 250, waiting: 250 } });
    expect(await imagesNamed('twice-249')).toHaveLength(1);
    expect(await ask({ concurrency: 2 })).toMatchObject({ status: 422 });
  });

  it('of 10,000 items, each of them there when the answer comes', async () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => `many-${n},${web.url}/1/a,raw,"a,b",linux`);
    const answer = await csv(`name,url,disk_format,tags,property:os_type\n${rows.join('\n')}`);
    expect(answer).toMatchObject({
      status: 202,
      json: { status: 'running', items: { total: 10_000, waiting: 10_000 } },
    });
    expect(await imagesNamed('many-9999')).toHaveLength(1);
  });

  it('by another project with the same key: it is another', async () => {
    const [one, other] = await Promise.all(
      [alice, cloud.bob].map((client) => client.post(path, { items: [item()] }, { 'idempotency-key': 'shared' })),
    );
    expect(one!.json.id).not.toBe(other!.json.id);
  });
});

describe('what cannot be used', () => {
  it('is all named at once with its line, and nothing is made', async () => {
    const lines = [
      JSON.stringify(item({ name: 'refused' })),
      '{broken',
      JSON.stringify(item({ url: 'file:///etc/passwd' })),
      JSON.stringify(item({ url: 'http://user:secret@example.org/' })),
      JSON.stringify(item({ url: undefined })),
      JSON.stringify(item({ disk_format: 'floppy' })),
      JSON.stringify(item({ checksum: 'sha256:abc', min_disk: 'big' })),
      JSON.stringify(item({ owner: 'somebody-else' })),
      JSON.stringify(item({ visibility: 'public' })),
      JSON.stringify(item({ stores: ['nowhere'] })),
      JSON.stringify(item({ colour: 'red' })),
      JSON.stringify(item({ properties: { os_hash_algo: 'x' } })),
      JSON.stringify(item({ properties: { visibility: 'public' } })),
      '[]',
    ];
    const answer = await ndjson(lines.join('\n'));
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const invalid = answer.json.invalid as { line: number; field: string | null; problem: string }[];
    expect([...new Set(invalid.map(({ line }) => line))]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(invalid.filter(({ line }) => line === 7).map(({ field }) => field)).toEqual(['checksum', 'min_disk']);
    expect(invalid.find(({ line }) => line === 3)).toMatchObject({ field: 'url' });
    expect(answer.text).not.toContain('secret');
    expect(await imagesNamed('refused')).toEqual([]);
  });

  it.each([
    ['a cell too few', 'name,url,disk_format\na,b', 2, /2 cells, and the header 3/],
    ['a missing column', 'name,disk_format\na,raw', 2, /neither url nor urls/],
    ['a column that there is not', 'name,url,disk_format,kolor\na,http://1.2.3.4/,raw,red', 2, /kolor/],
  ])('a table with %s is refused by its line', async (_, text, line, problem) => {
    const answer = await csv(text);
    expect(answer.status).toBe(400);
    expect(answer.json.invalid).toEqual([expect.objectContaining({ line })]);
    expect(answer.text).toMatch(problem);
  });

  it.each([
    ['quotes that do not end', () => csv('name,url\n"a,b'), 400],
    ['no items', () => alice.post(path, { items: [] }), 400],
    ['an empty table', () => csv('name,url\n'), 400],
    ['JSON that does not end', () => json('{"items": [{"name": "a"'), 400],
    ['more than one value', () => json('{"items": []} {"items": []}'), 400],
    ['no JSON', () => json('items: []'), 400],
    ['nothing', () => json(''), 400],
    ['a list of items alone', () => json('[{"name": "a"}]'), 400],
    ['items that are no list', () => json('{"items": {"name": "a"}}'), 400],
    [
      'what no database can store',
      () => json('{"items": [{"name": "\\u0000", "url": "http://h/", "disk_format": "raw"}]}'),
      400,
    ],
    [
      'JSON of a depth that nobody needs',
      () => json(`{"defaults": {"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}, "items": [1]}`),
      400,
    ],
    ['an option that there is not', () => alice.post(path, { items: [item()], speed: 1 }), 400],
    ['too much at once', () => alice.post(path, { items: [item()], concurrency: 65 }), 400],
    ['another media type', () => alice.post(path, '<a/>', { 'content-type': 'text/xml' }), 415],
    ['bytes that are no text', () => alice.post(path, Buffer.from([0xff, 0xfe]), { 'content-type': 'text/csv' }), 400],
    ['a reader', () => cloud.rita.post(path, { items: [item()] }), 403],
    ['nobody', () => alice.get(`${path}/nothing`), 404],
  ])('%s is refused', async (_, ask, status) => {
    expect((await ask()).status).toBe(status);
  });

  it('10,001 items are refused before anything is made, in any form', async () => {
    const items = Array.from({ length: 10_001 }, (_, n) => item({ name: `too-many-${n}` }));
    const rows = items.map(({ name, url, disk_format: format }) => `${name},${url},${format}`);
    expect(await csv(`name,url,disk_format\n${rows.join('\n')}`)).toMatchObject({ status: 413 });
    expect(await alice.post(path, { items })).toMatchObject({ status: 413 });
    expect(await imagesNamed('too-many-0')).toEqual([]);
  });

  it('JSON is read to its last byte, and white space after it', async () => {
    const answer = await json(` ${JSON.stringify({ items: [item({ name: 'ü\u2028"\\' })], dry_run: true })}\r\n\n `);
    expect(answer).toMatchObject({ status: 200, json: { items: 1 } });
  });
});

describe('a dry run', () => {
  it('tells the bytes to come and changes nothing', async () => {
    const items = [item({ name: 'dry' }), item({ name: 'dry', url: `${web.url}/200/b` })];
    const answer = await alice.post(path, { items, dry_run: true });
    expect(answer).toMatchObject({
      status: 200,
      json: { dry_run: true, items: 2, bytes: { total: 300, unknown_items: 0 } },
    });
    expect(await imagesNamed('dry')).toEqual([]);
  });

  it('names what cannot be fetched', async () => {
    const url = `http://127.0.0.1:${web.port}/1/a`;
    const answer = await alice.post(path, {
      items: [item(), item({ url, urls: [`${web.url}/2/b`] }), item({ url: 'http://name.invalid/' })],
      dry_run: true,
    });
    expect(answer.status).toBe(400);
    const invalid = answer.json.invalid as { line: number }[];
    expect(invalid.map(({ line }) => line)).toEqual([2, 3]);
  });
});

describe('a bulk import is seen', () => {
  it('by its project and by admins, and changed by its members and admins', async () => {
    const { id } = (await alice.post(path, { items: [item()] })).json as unknown as BulkJson;
    for (const client of [alice, cloud.rita, cloud.admin]) expect(await show(client, id)).toMatchObject({ id });
    expect(await cloud.bob.get(`${path}/${id}`)).toMatchObject({ status: 404 });
    expect(await cloud.bob.get(`${path}/${id}/items`)).toMatchObject({ status: 404 });
    expect(await cloud.bob.post(`${path}/${id}/cancel`)).toMatchObject({ status: 404 });
    expect(await cloud.rita.post(`${path}/${id}/pause`)).toMatchObject({ status: 403 });
    expect(await alice.post(`${path}/${id}/pause`)).toMatchObject({ status: 200, json: { status: 'paused' } });
    expect(await cloud.admin.post(`${path}/${id}/resume`)).toMatchObject({ status: 200, json: { status: 'running' } });
    expect(await alice.post(`${path}/${id}/cancel`)).toMatchObject({ status: 200, json: { status: 'cancelled' } });
    expect(await alice.post(`${path}/${id}/pause`)).toMatchObject({ status: 409 });
  });

  it('in lists by pages, newest first', async () => {
    const ids: unknown[] = [];
    for (let n = 0; n < 3; n++) ids.unshift((await cloud.bob.post(path, { items: [item()] })).json.id);
    const first = (await cloud.bob.get(`${path}?limit=2`)).json as { bulk_imports: BulkJson[]; next: string };
    const second = (await cloud.bob.get(first.next)).json as { bulk_imports: BulkJson[] };
    const seen = [...first.bulk_imports, ...second.bulk_imports].map(({ id }) => id);
    expect(seen.slice(0, 3)).toEqual(ids);
  });

  it('with its items by pages', async () => {
    const items = Array.from({ length: 5 }, () => item());
    const { id } = (await alice.post(path, { items })).json as unknown as BulkJson;
    const first = (await alice.get(`${path}/${id}/items?limit=3&status=waiting`)).json;
    expect((first.items as { line: number }[]).map(({ line }) => line)).toEqual([1, 2, 3]);
    const second = (await alice.get(first.next as string)).json;
    expect((second.items as { line: number }[]).map(({ line }) => line)).toEqual([4, 5]);
    expect(await itemsOf(alice, id, '&status=done')).toEqual([]);
    expect(await alice.get(`${path}/${id}/items?status=odd`)).toMatchObject({ status: 400 });
  });
});
