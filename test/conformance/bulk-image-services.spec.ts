import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '#event-store';
import { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';
import { itemsOf, path, untilStatus, type BulkJson } from './bulk-imports.spec-kit.js';

/** The service that images come from, and the one that they come to: they have no users in common. */
let there: Awaited<ReturnType<typeof startCloud>>;
let here: Awaited<ReturnType<typeof startCloud>>;
/** Something that says it is an image service, and a place that it may lead to. */
let other: WebServer;
let elsewhere: WebServer;
let answers: (request: IncomingMessage, answer: ServerResponse) => void;
const seen: { readonly url: string; readonly token: unknown; readonly service: unknown }[] = [];
const strayed: string[] = [];
beforeAll(async () => {
  other = await startWebServer((request, answer) => {
    const { 'x-auth-token': token, 'x-service-token': service } = request.headers;
    seen.push({ url: request.url!, token, service });
    answers(request, answer);
  });
  elsewhere = await startWebServer((request, answer) => {
    strayed.push(request.url!);
    answer.end('x');
  });
  there = await startCloud();
  const ports = [new URL(there.url).port, other.port, elsewhere.port].join(',');
  here = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: ports, VITRINE_IMPORT_ATTEMPTS: '2' });
});
afterAll(async () => {
  await here.cloud.remove();
  await there.cloud.remove();
  await other.stop();
  await elsewhere.stop();
});

const bytes = randomBytes(300_000);
const source = (filter: object, more: object = {}, token = there.alice.token) => ({
  source: { glance: { endpoint: there.url, token, filter }, ...more },
});
const ask = (body: object, client: Client = here.alice) => client.post(path, body);
const bulkOf = ({ json }: { json: object }) => json as BulkJson;

/** Everything that the database says, in all of its tables. */
async function everythingStored(): Promise<string> {
  const database = new Database({ url: here.cloud.settings.DATABASE_URL! });
  try {
    const tables = await database.query<{ name: string }>({
      text: `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
      values: [],
    });
    const parts: string[] = [];
    for (const { name } of tables) {
      const text = `select coalesce(string_agg(t::text, chr(10)), '') as text from ${name} t`;
      const [row] = await database.query<{ text: string }>({ text, values: [] });
      parts.push(row!.text);
    }
    return parts.join('\n');
  } finally {
    await database.close();
  }
}

describe('a bulk import of the images of another image service', () => {
  it('brings data and metadata, as far as they are for whoever asks to set, and verifies the data', async () => {
    const properties = { hw_disk_bus: 'virtio', os_distro: 'debian', speed: '88mph', architecture: 'aarch64' };
    const about = { tags: ['migrate', 'lts'], protected: true, min_disk: 3, min_ram: 256, visibility: 'community' };
    const formats = { disk_format: 'raw', container_format: 'ovf' };
    const original = await there.alice.createActive(bytes, { name: 'moved', ...properties, ...about, ...formats });
    await there.alice.createActive(bytes, { name: 'stays' });
    await there.alice.createImage({ name: 'empty', tags: ['migrate'] });

    const answer = await ask({ ...source({ tag: 'migrate' }), defaults: { properties: { from: 'there' } } });
    expect(answer).toMatchObject({ status: 202, json: { items: { total: 1 } } });
    expect(await untilStatus(here.alice, bulkOf(answer).id, 'finished')).toMatchObject({ items: { done: 1 } });
    const [item] = await itemsOf(here.alice, bulkOf(answer).id);
    expect(item).toMatchObject({ url: `${there.url}/v2/images/${original.id}/file` });
    const image = await here.alice.show(item!.image_id);
    expect(image).toMatchObject({
      ...{ name: 'moved', status: 'active', owner: here.alice.projectId, os_hash_value: original.os_hash_value },
      ...{ ...properties, ...formats, from: 'there' },
      ...{ ...about, tags: expect.arrayContaining(about.tags) },
    });
    expect((await here.alice.get(`/v2/images/${image.id}/file`)).bytes.equals(bytes)).toBe(true);
  });

  it('makes public for an admin what is public there, and shared for others', async () => {
    await there.admin.createActive(bytes, { name: 'for-all', visibility: 'public' });
    for (const [client, visibility] of [
      [here.alice, 'shared'],
      [here.admin, 'public'],
    ] as const) {
      const answer = await ask(source({ name: 'for-all' }), client);
      await untilStatus(client, bulkOf(answer).id, 'finished');
      const [item] = await itemsOf(client, bulkOf(answer).id);
      expect(await client.show(item!.image_id)).toMatchObject({ status: 'active', visibility });
    }
  });

  it('walks all pages, in the order in which the images were made', async () => {
    for (let n = 0; n < 3; n++)
      await there.bob.createActive(Buffer.from(`${n}`), { name: `page-${n}`, tags: ['paged'] });
    const answer = await ask({ ...source({ tag: 'paged', limit: '2' }, { name: 'page-*' }, there.bob.token) });
    await untilStatus(here.alice, bulkOf(answer).id, 'finished');
    const items = await itemsOf(here.alice, bulkOf(answer).id);
    const names = await Promise.all(items.map(async ({ image_id }) => (await here.alice.show(image_id)).name));
    expect(names).toEqual(['page-0', 'page-1', 'page-2']);
  });

  it('tells in a dry run what the list tells, and asks for no data', async () => {
    const answer = await ask({ ...source({ tag: 'paged' }, {}, there.bob.token), dry_run: true });
    expect(answer).toMatchObject({ status: 200, json: { items: 3, bytes: { total: 3, unknown_items: 0 } } });
  });

  it('leaves the token in no event, table, log line or answer', async () => {
    await there.alice.createActive(bytes, { name: 'discreet' });
    const paused = await ask(source({ name: 'discreet' }));
    const during = await everythingStored();
    const done = await untilStatus(here.alice, bulkOf(paused).id, 'finished');
    const [item] = await itemsOf(here.alice, bulkOf(paused).id);
    const history = (await here.alice.get(`/vitrine/v1/images/${item!.image_id}/history`)).text;
    const tasks = (await here.alice.get(`/v2/images/${item!.image_id}/tasks`)).text;
    const log = here.cloud.processes.map(({ output }) => output).join('\n');
    const told = [during, await everythingStored(), paused.text, JSON.stringify(done), history, tasks, log];
    expect(during).toContain(item!.image_id);
    expect(history).toContain('image-service');
    for (const text of told) {
      expect(text).not.toContain(there.alice.token);
      expect(text).not.toContain(Buffer.from(there.alice.token!).toString('hex'));
    }
  });

  it('is refused with the reason when the token is not taken, and the token is not told', async () => {
    const answer = await ask(source({}, {}, 'no-such-token'));
    expect(answer).toMatchObject({ status: 400, json: { document: `${there.url}/v2/images` } });
    expect(answer.json.detail).toContain('The server does not take the token (401).');
    expect(answer.text).not.toContain('no-such-token');
  });

  it('is one with one key, whatever the token', async () => {
    const key = { 'idempotency-key': 'with-another-token' };
    const body = source({ name: 'discreet' });
    const first = await here.alice.post(path, body, key);
    const again = await here.alice.post(path, source({ name: 'discreet' }, {}, 'no-such-token'), key);
    expect(again).toMatchObject({ status: 202, json: { id: bulkOf(first).id } });
  });
});

describe('another image service that is not to be trusted', () => {
  const id = randomUUID();
  const image = (more: object = {}) => ({
    ...{ id, name: 'theirs', status: 'active', visibility: 'private', protected: false, tags: [], size: 4 },
    ...{ disk_format: 'raw', container_format: 'bare', min_disk: 0, min_ram: 0, checksum: null },
    ...more,
  });
  const listing = (data: (answer: ServerResponse, token: unknown) => void, more: object = {}) => {
    answers = ({ url, headers }, answer) => {
      if (url!.endsWith('/file')) data(answer, headers['x-auth-token']);
      else answer.end(JSON.stringify({ images: [image(more)] }));
    };
  };
  const askThem = () => ask({ source: { glance: { endpoint: `${other.url}/v2`, token: 'theirs-1' } } });

  it('gets the token that was given for it, and nothing of this installation', async () => {
    listing((answer) => answer.end('data'));
    const answer = await askThem();
    await untilStatus(here.alice, bulkOf(answer).id, 'finished');
    const [first] = seen;
    expect(first!.url).toMatch(/^\/v2\/images\?limit=/);
    expect(seen.at(-1)).toEqual({ url: `/v2/images/${id}/file`, token: 'theirs-1', service: undefined });
    expect(seen.every(({ token, service }) => token === 'theirs-1' && service === undefined)).toBe(true);
  });

  it('leads nobody elsewhere, neither with its list nor with its data', async () => {
    answers = (_, answer) => answer.writeHead(302, { location: elsewhere.url }).end();
    const refused = await askThem();
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.json.detail).toContain('The server redirects, and the token is for no other address.');
    answers = (_, answer) => answer.end(JSON.stringify({ images: [], next: `${elsewhere.url}/v2/images?marker=1` }));
    expect((await askThem()).json.detail).toContain('the link to its next page leads to another server.');

    listing((answer) => answer.writeHead(307, { location: `${elsewhere.url}/stolen` }).end());
    const answer = await askThem();
    expect(await untilStatus(here.alice, bulkOf(answer).id, 'finished')).toMatchObject({ items: { failed: 1 } });
    const [item] = await itemsOf(here.alice, bulkOf(answer).id);
    expect(item!.reason).toBe('The server redirects, and the token is for no other address.');
    expect(strayed).toEqual([]);
  });

  it('has the items tried again with a new token when the first one ended meanwhile', async () => {
    listing((answer, token) => (token === 'theirs-2' ? answer.end('data') : answer.writeHead(401).end()));
    const { id: bulk } = bulkOf(await askThem());
    const failed = async () => {
      await untilStatus(here.alice, bulk, 'finished');
      return (await itemsOf(here.alice, bulk, '&status=failed'))[0]?.reason;
    };
    expect(await failed()).toBe('The server does not take the token (401).');
    await here.alice.post(`${path}/${bulk}/retry-failed`);
    expect(await failed()).toBe(
      'The token for the other image service is not known any more: retry-failed takes a new one.',
    );
    expect(await here.alice.post(`${path}/${bulk}/retry-failed`, { tokens: 1 })).toMatchObject({ status: 400 });
    await here.alice.post(`${path}/${bulk}/retry-failed`, { token: 'theirs-2' });
    expect(await failed()).toBeUndefined();
  });

  it('does not give other data than its list says', async () => {
    listing((answer) => answer.end('data'), { os_hash_algo: 'sha512', os_hash_value: 'ab'.repeat(64) });
    const { id: bulk } = bulkOf(await askThem());
    expect(await untilStatus(here.alice, bulk, 'finished')).toMatchObject({ items: { failed: 1 } });
    expect((await itemsOf(here.alice, bulk))[0]!.reason).toMatch(/^the data has sha512 .*, not (ab){64}$/);
  });
});
