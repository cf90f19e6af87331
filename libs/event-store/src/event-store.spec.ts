import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { Database } from './database.js';
import { VersionConflict } from './errors.js';
import type { NewEvent } from './event.js';
import { EventStore } from './event-store.js';
import { canonicalEvent, ChainVerifier, eventHash, genesisHash } from './hash-chain.js';

let test: TestDatabase;
let database: Database;
let store: EventStore;

beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url, poolSize: 20 });
  store = new EventStore(database);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const newEvent = (streamId: string, version: number, payload: object = {}): NewEvent => ({
  streamId,
  version,
  eventId: randomUUID(),
  type: 'SomethingHappened',
  schemaVersion: 1,
  payload,
  actor: { user_id: 'alice', project_id: 'alpha', roles: ['member'] },
  projectId: 'alpha',
  requestId: 'req-1',
  causationId: null,
  correlationId: null,
  recordedAt: new Date('2026-01-02T03:04:05.678Z'),
});
const newStream = () => `thing-${randomUUID()}`;
const wholeFeed = () => store.readFeed(0n, 1_000_000);

describe('append', () => {
  it('gives back what was appended, with its position and hashes', async () => {
    const stream = newStream();
    const event = newEvent(stream, 1, { b: [1, 'zwei', null], a: { 'ü€😀': true }, size: (2n ** 63n - 1n).toString() });
    const position = await store.append([event]);
    const [read] = await store.readStream(stream);
    expect(read).toMatchObject({ ...event, position });
    expect(eventHash(read!.prevHash, Number(position), canonicalEvent(event))).toBe(read!.hash);
  });

  it('refuses a stream that is not at the expected version', async () => {
    const stream = newStream();
    await store.append([newEvent(stream, 1)]);
    await expect(store.append([newEvent(stream, 1)])).rejects.toThrow(VersionConflict);
    await expect(store.append([newEvent(stream, 3)])).rejects.toThrow(VersionConflict);
    await expect(store.append([newEvent(newStream(), 2)])).rejects.toThrow(VersionConflict);
    expect(await store.readStream(stream)).toHaveLength(1);
  });

  it('appends to several streams or to none', async () => {
    const [one, two] = [newStream(), newStream()];
    await store.append([newEvent(one, 1), newEvent(one, 2), newEvent(two, 1)]);
    await expect(store.append([newEvent(one, 3), newEvent(two, 1)])).rejects.toThrow(VersionConflict);
    expect(await store.readStream(one)).toHaveLength(2);
  });

  it('runs statements alongside in the same transaction', async () => {
    const stream = newStream();
    const insert = { text: 'insert into subscriptions (name) values ($1)', values: [stream] };
    await store.append([newEvent(stream, 1)], [insert]);
    await expect(store.append([newEvent(stream, 1)], [{ ...insert, values: [`${stream}-2`] }])).rejects.toThrow(
      VersionConflict,
    );
    const rows = await database.query({
      text: 'select name from subscriptions where name like $1',
      values: [`${stream}%`],
    });
    expect(rows).toEqual([{ name: stream }]);
  });

  it("names the constraint when another stream's row stands in the way", async () => {
    const insert = { text: "insert into subscriptions (name) values ('taken')", values: [] };
    await store.append([newEvent(newStream(), 1)], [insert]);
    const second = store.append([newEvent(newStream(), 1)], [insert]);
    await expect(second).rejects.toMatchObject({ name: 'VersionConflict', constraint: 'subscriptions_pkey' });
    const stream = newStream();
    await store.append([newEvent(stream, 1)]);
    const stale = store.append([newEvent(stream, 1)], [{ text: 'select 1', values: [] }]);
    await expect(stale).rejects.toMatchObject({ name: 'VersionConflict', constraint: undefined });
  });

  it('fails as a whole when a statement alongside fails', async () => {
    const stream = newStream();
    await expect(store.append([newEvent(stream, 1)], [{ text: 'select 1/0', values: [] }])).rejects.toThrow(
      'division by zero',
    );
    expect(await store.readStream(stream)).toEqual([]);
    await store.append([newEvent(stream, 1)]);
  });
});

describe('appends that come together', () => {
  it('each learn their own position, and one that fails takes nobody with it', async () => {
    const taken = newStream();
    await store.append([newEvent(taken, 1)]);
    const head = await store.head();
    const streams = Array.from({ length: 100 }, newStream);
    const outcomes = await Promise.allSettled([
      ...streams.map((stream) => store.append([newEvent(stream, 1), newEvent(stream, 2)])),
      store.append([newEvent(taken, 1)]),
      store.append([newEvent(newStream(), 1)], [{ text: 'select 1/0', values: [] }]),
    ]);
    expect(outcomes.at(-2)).toMatchObject({ status: 'rejected', reason: expect.any(VersionConflict) });
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { message: 'division by zero' } });
    for (const [index, stream] of streams.entries()) {
      const [, second] = await store.readStream(stream);
      expect(outcomes[index]).toEqual({ status: 'fulfilled', value: second!.position });
    }
    expect(await store.head()).toBe(head + 200n);
  });
});

describe('16 concurrent writers', () => {
  it('on one stream: one winner per version', async () => {
    const stream = newStream();
    let version = 1;
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 16 }, (_, writer) => store.append([newEvent(stream, version, { writer })])),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(VersionConflict);
      }
      version++;
    }
    expect((await store.readStream(stream)).map((event) => event.version)).toEqual(
      Array.from({ length: 10 }, (_, i) => i + 1),
    );
  });

  it('on 100 streams, with slow and rolled-back transactions: a gapless feed in commit order that no reader sees torn', async () => {
    const streams = Array.from({ length: 100 }, newStream);
    const before = await store.head();
    const committed: bigint[] = [];
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let round = 0; round < 25; round++) {
        const stream = streams[(writer * 25 + round) % 100]!;
        const version = (await store.readStream(stream)).length + 1;
        try {
          committed.push(await appendSlowly(stream, version, writer, round));
        } catch (error) {
          if (!(error instanceof VersionConflict) && !/40001|rolled back on purpose/.test(String(error))) throw error;
        }
      }
    });
    const writing = { done: false };
    const reader = (async () => {
      let seen = before;
      for (;;) {
        const last = writing.done;
        const events = await store.readFeed(seen, 1000);
        // A reader that moves on never finds an earlier position later: each batch follows the one before without a gap.
        expect(events.map((event) => event.position)).toEqual(events.map((_, index) => seen + BigInt(index + 1)));
        seen = events.at(-1)?.position ?? seen;
        if (last) return seen;
      }
    })();
    await Promise.all(writers);
    writing.done = true;
    const head = await reader;
    expect(head).toBe(await store.head());
    expect(new Set(committed).size).toBe(committed.length);
    expect(Number(head - before)).toBe(committed.length);
  });

  async function appendSlowly(stream: string, version: number, writer: number, round: number): Promise<bigint> {
    const text = [canonicalEvent(newEvent(stream, version, { writer, round }))];
    return database.transaction(async (client) => {
      if (round % 5 === 1) await client.query('select pg_sleep(0.005)');
      const { rows } = await client
        .query<{ position: string }>('select append_events($1::json[]) as position', [text])
        .catch((error: unknown) => {
          throw (error as { code?: string }).code === '40001' ? new VersionConflict(stream) : error;
        });
      if (round % 5 === 2) await client.query('select pg_sleep(0.005)');
      if (round % 5 === 3) throw new Error('rolled back on purpose');
      return BigInt(rows[0]!.position);
    });
  }
});

describe('the chain', () => {
  it('verifies from the first event to the last', async () => {
    const verifier = new ChainVerifier();
    for (const event of await wholeFeed()) expect(verifier.check(event)).toBeUndefined();
    expect((await wholeFeed())[0]!.prevHash).toBe(genesisHash);
  });

  it.each([
    ['its payload', 'payload = \'{"x": 1}\''],
    ['its actor', "actor = '{}'"],
    ['its type', "type = 'Other'"],
    ['its version', 'version = version + 1000'],
    ['its time', "recorded_at = recorded_at + interval '1 ms'"],
    ['its request', "request_id = 'req-2'"],
    ['its project', "project_id = 'beta'"],
  ])('names an event of which %s was changed behind its back', async (_, change) => {
    const position = await store.append([newEvent(newStream(), 1, { n: 1 })]);
    const events = await tampered(`update events set ${change} where position = ${position}`);
    expect(firstFault(events)?.position).toBe(position);
  });

  it('names a missing and a swapped event', async () => {
    const position = await store.append([newEvent(newStream(), 1), newEvent(newStream(), 1)]);
    expect(firstFault(await tampered(`delete from events where position = ${position - 1n}`))?.position).toBe(
      position - 1n,
    );
    const swap = `update events set position = -1 where position = ${position};
      update events set position = ${position} where position = ${position - 1n};
      update events set position = ${position - 1n} where position = -1`;
    expect(firstFault(await tampered(swap))?.position).toBe(position - 1n);
  });

  function firstFault(events: Awaited<ReturnType<typeof wholeFeed>>) {
    const verifier = new ChainVerifier();
    for (const event of events) {
      const fault = verifier.check(event);
      if (fault) return fault;
    }
    return undefined;
  }

  /** The feed as it would be after the statement, which only the superuser with the trigger off can run. */
  async function tampered(sql: string) {
    const owner = new pg.Client({ connectionString: test.url });
    await owner.connect();
    try {
      await owner.query('alter table events disable trigger events_are_append_only');
      await owner.query(`create table kept as select * from events`);
      await owner.query(sql);
      return await wholeFeed();
    } finally {
      await owner.query('delete from events; insert into events select * from kept; drop table kept');
      await owner.query('alter table events enable trigger events_are_append_only');
      await owner.end();
    }
  }
});

describe('history cannot be rewritten', () => {
  it.each([
    'update events set type = type',
    'delete from events',
    'truncate events',
    'insert into events select * from events',
  ])('by the application: %s', async (sql) => {
    await expect(database.query({ text: sql, values: [] })).rejects.toThrow('permission denied');
  });

  it.each(['update events set type = type', 'delete from events', 'truncate events'])(
    'by its owner: %s',
    async (sql) => {
      const owner = new pg.Client({ connectionString: test.url });
      await owner.connect();
      await expect(owner.query(sql)).rejects.toThrow('append-only');
      await owner.end();
    },
  );
});
