import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { positionsOf, StreamReader, type StreamMessage } from '../services/event-stream.js';
import { startWebServer, type WebServer } from '../services/web-server.js';
import { itemsOf, path, untilStatus, type BulkJson } from './bulk-imports.spec-kit.js';

/** Several slabs: a worker counts what it has passed on. */
const size = 8_000_000;
let web: WebServer;
let cloud: Awaited<ReturnType<typeof startCloud>>;
let alice: Client;
/** Who wants the second half of what he downloads. */
let waiting: (() => void)[] = [];

beforeAll(async () => {
  web = await startWebServer((request, answer) => {
    if (request.url!.includes('missing')) answer.writeHead(404).end();
    else if (request.url!.includes('slow')) {
      answer.writeHead(200, { 'content-length': size }).write(Buffer.alloc(size / 2));
      waiting.push(() => answer.end(Buffer.alloc(size / 2)));
    } else {
      const bytes = Buffer.alloc(request.url!.includes('small') ? 1000 : size);
      answer.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    }
  });
  cloud = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
  ({ alice } = cloud);
});
afterAll(async () => {
  await cloud.cloud.remove();
  await web.stop();
});

const item = (name: string) => ({ name, url: `${web.url}/${name}`, disk_format: 'raw' });
async function ask(...names: string[]): Promise<string> {
  const { json } = await alice.post(path, { items: names.map(item), concurrency: 4 });
  return json.id as string;
}
const named = (messages: readonly StreamMessage[], name: string) => messages.filter(({ event }) => event === name);
const bulkOf = ({ data }: StreamMessage) => data as unknown as BulkJson;
/** One has come, and a part of another. */
const isHalf = ({ bytes, items }: BulkJson) =>
  items.done === 1 && items.failed === 1 && bytes.done > size && bytes.done < 2 * size;
const release = () => waiting.splice(0).forEach((go) => go());

describe('a bulk import as a stream', () => {
  it('begins with how far it is, tells bytes as they come and items as they move, and ends with the bulk import', async () => {
    waiting = [];
    const id = await ask('slow-1', 'missing', 'plain');
    const stream = await StreamReader.open(alice, `batch=${id}`);
    const [first] = await stream.until(({ length }) => length > 0);
    expect(first).toMatchObject({ event: 'progress', data: { id, items: { total: 3 } } });

    await stream.until((messages) => named(messages, 'progress').some((one) => isHalf(bulkOf(one))));
    expect(named(stream.messages, 'finished')).toEqual([]);
    const half = named(stream.messages, 'progress').at(-1)!;
    expect(bulkOf(half)).toMatchObject({ items: { done: 1, failed: 1 }, bytes: { total: size * 2, unknown_items: 0 } });
    expect(bulkOf(half).bytes.done).toBeLessThanOrEqual(size * 1.5);
    release();

    await stream.untilEnd();
    const last = stream.messages.at(-1)!;
    expect(last).toMatchObject({
      ...{ event: 'finished', id: expect.stringMatching(/^\d+-end$/) },
      data: { status: 'finished', seconds_left: 0, items: { done: 2, failed: 1 }, bytes: { done: 2 * size } },
    });
    const all = await StreamReader.open(alice, `batch=${id}`, '0');
    await all.untilEnd();
    expect(named(all.messages, 'item').map(({ data }) => [data.line, data.status, data.attempt, data.reason])).toEqual(
      expect.arrayContaining([
        [2, 'waiting', 0, null],
        [2, 'running', 1, null],
        [2, 'failed', 1, 'The server answered 404.'],
        [3, 'done', 1, null],
      ]),
    );
    expect(named(all.messages, 'milestone').map(({ data }) => data.type)).toEqual([
      ...['BulkImportRequested', 'BulkImportAccepted', 'BulkImportFinished'],
    ]);
    const done = named(all.messages, 'item').filter(({ data }) => data.status === 'done');
    const items = await itemsOf(alice, id, '&status=done');
    expect(done.map(({ data: { position: _, ...view } }) => view).sort(byLine)).toEqual(items);
  });

  it('says that an item, or all, are done only when the images are active, and counts nothing before it was told', async () => {
    const id = await ask(...Array.from({ length: 30 }, (_, n) => `small-${n}`));
    const stream = await StreamReader.open(alice, `batch=${id}`, '0');
    let looked = 0;
    const look = async () => {
      for (; looked < stream.messages.length; looked++) {
        const { event, data } = stream.messages[looked]!;
        if (event === 'item' && data.status === 'done') {
          expect(await alice.show(String(data.image_id))).toMatchObject({ status: 'active' });
        }
        if (event !== 'progress') continue;
        const told = named(stream.messages.slice(0, looked), 'item').filter(
          ({ data: { status } }) => status === 'done',
        );
        expect(bulkOf(stream.messages[looked]!).items.done).toBeLessThanOrEqual(told.length);
        if (told.length < 30) continue;
        expect((await alice.get('/v2/images?status=active&limit=100&name=small-29')).images).toHaveLength(1);
      }
      return stream.hasEnded;
    };
    while (!(await look())) await stream.until(({ length }) => length > looked || stream.hasEnded);
    expect(stream.messages.at(-1)).toMatchObject({ event: 'finished', data: { items: { done: 30 } } });
  });

  it('goes on after the last id: each item moves once, in order; whoever has seen the end is told 204', async () => {
    const id = await ask(...Array.from({ length: 12 }, (_, n) => `small-again-${n}`));
    const seen: StreamMessage[] = [];
    let lastId = '0';
    for (let isEnd = false; !isEnd;) {
      const stream = await StreamReader.open(alice, `batch=${id}`, lastId);
      await stream.until((messages) => named(messages, 'item').length >= 3 || stream.hasEnded);
      stream.close();
      seen.push(...stream.messages);
      lastId = stream.lastEventId;
      isEnd = lastId.endsWith('-end');
    }
    const moves = seen.filter(({ event }) => event === 'item' || event === 'milestone');
    const positions = positionsOf(moves);
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    const items = named(moves, 'item');
    expect(items.filter(({ data }) => data.status === 'done')).toHaveLength(12);
    expect(items).toHaveLength(3 * 12);
    expect((await StreamReader.ask(alice, `batch=${id}`, lastId)).answer).toMatchObject({ status: 204 });
    const again = await StreamReader.open(alice, `batch=${id}`);
    await again.untilEnd();
    expect(again.messages.map(({ event }) => event)).toEqual(['progress', 'finished']);
  });

  it('that is cancelled ends when nothing of it is under way any more', async () => {
    waiting = [];
    const id = await ask('slow-2', 'slow-3', 'slow-4', 'slow-5', 'plain-never');
    const stream = await StreamReader.open(alice, `batch=${id}`);
    await stream.until((messages) =>
      messages.some(({ event, data }) => event === 'progress' && (data as unknown as BulkJson).items.running === 4),
    );
    await alice.post(`${path}/${id}/pause`);
    await alice.post(`${path}/${id}/cancel`);
    await stream.untilEnd();
    release();
    expect(named(stream.messages, 'milestone').map(({ data }) => data.type)).toEqual([
      ...['BulkImportPaused', 'BulkImportCancelled'],
    ]);
    expect(stream.messages.at(-1)).toMatchObject({
      event: 'cancelled',
      data: { status: 'cancelled', items: { waiting: 0, running: 0, cancelled: 5 } },
    });
  });

  it('is for those who see the bulk import', async () => {
    const id = await ask('small-mine');
    await untilStatus(alice, id, 'finished');
    const status = async (client: Client) => (await StreamReader.ask(client, `batch=${id}`)).answer.status;
    expect(await Promise.all([alice, cloud.rita, cloud.admin, cloud.bob, cloud.glance].map(status))).toEqual([
      ...[200, 200, 200, 404, 404],
    ]);
  });
});

const byLine = (a: Record<string, unknown>, b: Record<string, unknown>) => Number(a.line) - Number(b.line);
