import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signToken } from '../../libs/identity/src/builtin/token.js';
import { Client, eventually } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { asAdmin } from '../services/database.js';
import { positionsOf, StreamReader, type StreamMessage } from '../services/event-stream.js';

let cloud: Awaited<ReturnType<typeof startCloud>>;
let alice: Client;
beforeAll(async () => {
  cloud = await startCloud();
  ({ alice } = cloud);
});
afterAll(() => cloud.cloud.remove());

/** What a search of events tells, once it has come as far as the log is. */
async function found(client: Client, query = ''): Promise<Record<string, unknown>[]> {
  const head = await headNow();
  const { json } = await eventually(
    () => client.get(`/vitrine/v1/events?order=asc&limit=1000&${query}`),
    (answer) => Number(answer.json.position) >= head,
    'the search',
  );
  return json.events as Record<string, unknown>[];
}
async function headNow(): Promise<number> {
  const { id } = await alice.createImage();
  return (await alice.history(id)).at(-1)!.position;
}
const typesOf = (messages: readonly StreamMessage[]) => messages.map(({ data }) => data.type);

describe('the log as a stream', () => {
  it('tells each caller just the events that a search finds for him, in the same words', async () => {
    const { id } = await alice.createImage({ name: 'shared' });
    await alice.post(`/v2/images/${id}/members`, { member: cloud.bob.projectId });
    await alice.post(`/v2/images/${id}/members`, { member: 'gamma' });
    await cloud.bob.put(`/v2/images/${id}/members/${cloud.bob.projectId}`, { status: 'accepted' });
    await cloud.bob.createImage();
    for (const client of [alice, cloud.rita, cloud.bob, cloud.admin]) {
      const expected = await found(client);
      const stream = await StreamReader.open(client, 'last_event_id=0');
      await stream.until(({ length }) => length >= expected.length);
      stream.close();
      expect(stream.messages.map(({ data }) => data)).toEqual(expected);
      expect(stream.messages.map(({ id: place, event }) => [place, event])).toEqual(
        expected.map(({ position }) => [String(position), 'log']),
      );
    }
  });

  it('shows a member its own invitation while it happens, and no other member', async () => {
    const stream = await StreamReader.open(cloud.bob);
    const { id } = await alice.createImage({ secret: 'of alice' });
    await alice.post(`/v2/images/${id}/members`, { member: 'gamma' });
    await alice.post(`/v2/images/${id}/members`, { member: cloud.bob.projectId });
    await alice.patch(id, [{ op: 'replace', path: '/visibility', value: 'public' }]);
    await cloud.bob.createImage();
    expect(typesOf(await stream.until((messages) => typesOf(messages).includes('ImageCreated')))).toEqual([
      'ImageMemberAdded',
      'ImageCreated',
    ]);
    expect(JSON.stringify(stream.messages)).not.toMatch(/gamma|of alice/);
    stream.close();
  });

  it('begins now, and is narrowed by the filters of a search', async () => {
    const { id } = await alice.createImage();
    const filters = [`image=${id}`, 'type=ImageTagAdded', 'request_id=req-narrow', `actor=${alice.userId}`];
    const streams = await Promise.all(filters.map((filter) => StreamReader.open(cloud.admin, filter)));
    await cloud.bob.createImage();
    await alice.put(`/v2/images/${id}/tags/a`, undefined, { 'x-openstack-request-id': 'req-narrow' });
    const seen = await Promise.all(streams.map((stream) => stream.until(({ length }) => length > 0)));
    expect(seen.map(typesOf)).toEqual(filters.map(() => ['ImageTagAdded']));
    for (const stream of streams) stream.close();
  });

  it('goes on after the last id with no gap and nothing twice, while several write', async () => {
    const from = await headNow();
    const writers = [alice, cloud.bob, cloud.admin, cloud.admin].map(async (client) => {
      for (let n = 0; n < 60; n++) await client.createImage({ name: `n${n}` });
    });
    const written = Promise.all(writers);
    const seen: number[] = [];
    let lastId = String(from);
    for (let cut = 1; seen.length < 240; cut = (cut * 7) % 11) {
      const stream = await StreamReader.open(cloud.admin, '', lastId);
      await eventually(
        () => Promise.resolve(stream.messages.length),
        (count) => count >= cut || seen.length + count >= 240,
        'the stream',
      );
      stream.close();
      const taken = stream.messages.slice();
      seen.push(...positionsOf(taken));
      lastId = taken.at(-1)?.id ?? lastId;
    }
    await written;
    expect(seen).toEqual(Array.from({ length: 240 }, (_, n) => from + 1 + n));
  });

  it('goes on when its notifications are cut off', async () => {
    const stream = await StreamReader.open(alice);
    const database = cloud.cloud.settings.DATABASE_URL!;
    await asAdmin(
      database,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'vitrine feed' and datname = current_database()`,
    );
    await alice.createImage();
    await stream.until(({ length }) => length > 0);
    stream.close();
  });

  it('does not wait for the slow: others are told, memory stays, and they find everything when they read', async () => {
    const before = await memory();
    const opened = await Promise.all(Array.from({ length: 25 }, () => StreamReader.ask(cloud.admin)));
    const slow = opened.map(({ stream }) => stream!);
    const quick = await StreamReader.open(cloud.admin);
    const properties = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, 'x'.repeat(255)]));
    const images = 200;
    const writers = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < images / 4; n++) await alice.createImage(properties);
    });
    await Promise.all(writers);
    await quick.until(({ length }) => length === images);
    const text = JSON.stringify(quick.messages).length * slow.length;
    expect(text).toBeGreaterThan(300 << 20);
    expect((await memory()) - before).toBeLessThan(text / 2);
    for (const stream of slow.splice(5)) stream.close();
    for (const stream of slow) stream.read();
    for (const stream of slow) {
      await stream.until(({ length }) => length === images);
      expect(positionsOf(stream.messages)).toEqual(positionsOf(quick.messages));
      stream.close();
    }
    quick.close();
  }, 120_000);

  it('ends when the token does, and when it is revoked', async () => {
    const { signingKey } = JSON.parse(readFileSync(join(cloud.cloud.directory, 'identity.json'), 'utf8')) as {
      signingKey: string;
    };
    const issued = Math.floor(Date.now() / 1000);
    const claims = { user: alice.userId, project: alice.projectId, issued, expires: issued + 3, audit: 'short' };
    const short = new Client(alice.url, signToken(claims, Buffer.from(signingKey, 'base64')));
    const expiring = await StreamReader.open(short);
    await expiring.untilEnd();
    expect(Date.now()).toBeGreaterThanOrEqual(claims.expires * 1000);

    const revoked = await cloud.cloud.as('bob', cloud.url);
    const stream = await StreamReader.open(revoked);
    await revoked.delete('/identity/v3/auth/tokens', { 'x-subject-token': revoked.token! });
    await stream.untilEnd();
    expect((await StreamReader.ask(revoked)).answer).toMatchObject({ status: 401 });
  });
});

const memory = async () =>
  Number(/^vitrine_process_resident_memory_bytes (\d+)/m.exec((await alice.get('/metrics')).text)![1]);

describe('a stream is refused before it begins', () => {
  it.each([
    ['without a token', () => new Client(alice.url, undefined), '', 401],
    ['to a service', () => cloud.glance, '', 403],
    ['after what is no position', () => alice, 'last_event_id=x', 400],
    ['after what has not happened', () => alice, 'last_event_id=100000000', 400],
    ['with a filter that there is not', () => alice, 'colour=red', 400],
    ['with a filter of a bulk import', () => alice, 'batch=00000000-0000-4000-8000-000000000001&type=x', 400],
    ['of no bulk import', () => alice, 'batch=00000000-0000-4000-8000-000000000001', 404],
    ['of what is no id', () => alice, 'batch=1', 404],
  ])('%s', async (_, client, query, status) => {
    const { answer } = await StreamReader.ask(client(), query);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('streams of a process', () => {
  it('are bounded in number, for each user and for all, and a place is free again when one ends', async () => {
    const small = await startCloud({ VITRINE_LIVE_STREAMS: '3', VITRINE_WORKERS: '0' });
    try {
      const first = await StreamReader.open(small.alice);
      const second = await StreamReader.ask(small.alice);
      expect(second.answer).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
      const others = await Promise.all([small.bob, small.rita].map((client) => StreamReader.open(client)));
      expect((await StreamReader.ask(small.admin)).answer).toMatchObject({ status: 503 });
      first.close();
      const { stream } = await eventually(
        () => StreamReader.ask(small.admin),
        ({ answer }) => answer.status === 200,
        'the bound',
      );
      for (const one of [stream!, ...others]) one.close();
    } finally {
      await small.cloud.remove();
    }
  });
});
