import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { Database } from './database.js';
import type { NewEvent, RecordedEvent } from './event.js';
import { EventFeed } from './event-feed.js';
import { EventStore } from './event-store.js';
import { Subscription } from './subscription.js';

let test: TestDatabase;
let database: Database;
let store: EventStore;
let feed: EventFeed;

beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url });
  store = new EventStore(database);
  feed = new EventFeed(database);
});
afterAll(async () => {
  await feed.stop();
  await database.close();
  await test.drop();
});

const one = (): NewEvent => ({
  streamId: `thing-${randomUUID()}`,
  version: 1,
  eventId: randomUUID(),
  type: 'SomethingHappened',
  schemaVersion: 1,
  payload: {},
  actor: { user_id: 'alice', project_id: 'alpha', roles: ['member'] },
  projectId: 'alpha',
  requestId: null,
  causationId: null,
  correlationId: null,
  recordedAt: new Date(),
});

/** Collects what a subscription hands over; `until` resolves when that many events are there. */
function collector() {
  const seen: RecordedEvent[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  return {
    seen,
    take(events: readonly RecordedEvent[]) {
      seen.push(...events);
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve();
    },
    until: (count: number) =>
      new Promise<void>((resolve) => {
        if (seen.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}
const positions = (events: readonly RecordedEvent[]) => events.map(({ position }) => position);
const checkpointOf = async (name: string) => {
  const [row] = await database.query<{ checkpoint: string }>({
    text: 'select checkpoint from subscriptions where name = $1',
    values: [name],
  });
  return BigInt(row?.checkpoint ?? 0);
};

it('hands over every event once, in order, also those appended while it runs', async () => {
  await store.append([one(), one()]);
  const { seen, take, until } = collector();
  const subscription = new Subscription(database, feed, {
    name: 'live',
    handle: (events) => Promise.resolve(take(events)),
  });
  subscription.start();
  await until(2);
  await Promise.all(Array.from({ length: 50 }, () => store.append([one()])));
  await until(52);
  await subscription.stop();
  expect(positions(seen)).toEqual(Array.from({ length: 52 }, (_, index) => BigInt(index + 1)));
});

it('goes on from its checkpoint after a restart', async () => {
  const first = collector();
  const options = {
    name: 'restarted',
    handle: (events: readonly RecordedEvent[]) => Promise.resolve(first.take(events)),
  };
  await new Subscription(database, feed, options).catchUp();
  const position = await store.append([one()]);
  const second = collector();
  await new Subscription(database, feed, {
    ...options,
    handle: (events) => Promise.resolve(second.take(events)),
  }).catchUp();
  expect(positions(second.seen)).toEqual([position]);
});

it('tries a failed batch again, and its writes and its checkpoint are rolled back together', async () => {
  const { seen, take, until } = collector();
  const errors: unknown[] = [];
  let failures = 2;
  const subscription = new Subscription(database, feed, {
    name: 'failing',
    async handle(events, client) {
      await client.query('insert into subscriptions (name) values ($1)', [`written-${failures}`]);
      if (failures-- > 0) throw new Error('on purpose');
      take(events);
    },
    onError: (error) => errors.push(error),
  });
  subscription.start();
  await until(1);
  await subscription.stop();
  expect(errors).toHaveLength(2);
  expect(positions(seen)[0]).toBe(1n);
  const written = await database.query({
    text: "select name from subscriptions where name like 'written-%'",
    values: [],
  });
  expect(written).toEqual([{ name: 'written-0' }]);
  expect(await checkpointOf('failing')).toBe(await store.head());
});

it('is worked by one process at a time', async () => {
  const seen: bigint[] = [];
  const same = () =>
    new Subscription(database, feed, {
      name: 'shared',
      handle: (events) => Promise.resolve(void seen.push(...positions(events))),
    });
  await Promise.all(Array.from({ length: 5 }, () => same().catchUp()));
  expect(seen).toEqual(positions(await store.readFeed(0n, 10_000)));
});

it('wakes up although its LISTEN connection was killed', async () => {
  const { take, until } = collector();
  const subscription = new Subscription(database, feed, {
    name: 'cut',
    handle: (events) => Promise.resolve(take(events)),
  });
  subscription.start();
  const there = Number(await store.head());
  await until(there);
  const owner = new pg.Client({ connectionString: test.url });
  await owner.connect();
  await owner.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vitrine feed' and datname = current_database()",
  );
  await owner.end();
  await store.append([one()]);
  await until(there + 1);
  await subscription.stop();
});
