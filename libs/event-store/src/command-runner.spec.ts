import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Aggregate } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { CommandRunner } from './command-runner.js';
import { Database } from './database.js';
import { UnexpectedVersion, VersionConflict } from './errors.js';
import { EventStore } from './event-store.js';

/** The smallest aggregate: a number that grows. */
interface Add {
  readonly at: Date;
  readonly amount: number;
}
type Added = { readonly type: 'Added'; readonly data: { readonly amount: number } };
const counter: Aggregate<number, Add, Added> = {
  name: 'counter',
  initial: 0,
  decide: ({ amount }) => (amount === 0 ? [] : [{ type: 'Added', data: { amount } }]),
  evolve: (sum, { data }) => sum + data.amount,
  schemaVersions: { Added: 2 },
  upcast: (type, version, data) => {
    const { amount } = data as { amount: number };
    return { type: type as 'Added', data: { amount: version === 1 ? amount * 100 : amount } };
  },
};

let test: TestDatabase;
let database: Database;
let store: EventStore;
let runner: CommandRunner<number, Add, Added>;
const context = {
  actor: { user_id: 'alice', project_id: 'alpha', roles: ['member'] },
  projectId: 'alpha',
  requestId: 'req-1',
  causationId: null,
  correlationId: null,
};
const add = (amount: number): Add => ({ amount, at: new Date() });

beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url, poolSize: 20 });
  store = new EventStore(database);
  runner = new CommandRunner(store, counter, []);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

it('loads, folds, decides and appends', async () => {
  const id = randomUUID();
  expect(await runner.run(id, add(3), context)).toMatchObject({ before: 0, state: 3, version: 1 });
  expect(await runner.run(id, add(4), context)).toMatchObject({ before: 3, state: 7, version: 2 });
  expect(await runner.load(id)).toEqual({ id, state: 7, version: 2 });
});

it('appends nothing when nothing was decided', async () => {
  const id = randomUUID();
  expect(await runner.run(id, add(0), context)).toMatchObject({ state: 0, version: 0 });
  expect(await store.readStream(`counter-${id}`)).toEqual([]);
});

it('lifts old versions of an event on reading, and leaves the row as it is', async () => {
  const id = randomUUID();
  const event = {
    ...context,
    streamId: `counter-${id}`,
    version: 1,
    eventId: randomUUID(),
    type: 'Added',
    recordedAt: new Date(),
  };
  await store.append([{ ...event, schemaVersion: 1, payload: { amount: 2 } }]);
  expect(await runner.load(id)).toMatchObject({ state: 200 });
  expect((await store.readStream(`counter-${id}`))[0]).toMatchObject({ schemaVersion: 1, payload: { amount: 2 } });
});

it('16 writers at once: what was acknowledged is there once, the rest was told of the conflict', async () => {
  const id = randomUUID();
  let acknowledged = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let round = 0; round < 10; round++) {
        try {
          await runner.run(id, add(1), context);
          acknowledged++;
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    }),
  );
  expect(await runner.load(id)).toMatchObject({ state: acknowledged, version: acknowledged });
  expect(acknowledged).toBeGreaterThan(0);
});

it('does nothing when the stream is at none of the versions expected', async () => {
  const id = randomUUID();
  await runner.run(id, add(1), context);
  await runner.run(id, add(1), context);
  await expect(runner.run(id, add(1), context, [1, 3])).rejects.toBeInstanceOf(UnexpectedVersion);
  await expect(runner.run(id, add(0), context, [1])).rejects.toBeInstanceOf(UnexpectedVersion);
  await expect(runner.run(id, add(1), context, [])).rejects.toBeInstanceOf(UnexpectedVersion);
  expect(await runner.load(id)).toMatchObject({ state: 2, version: 2 });
  expect(await runner.run(id, add(1), context, [1, 2])).toMatchObject({ state: 3, version: 3 });
});

it('compares the expected version again when another was quicker between reading and appending', async () => {
  const id = randomUUID();
  await runner.run(id, add(1), context);
  let raced = false;
  const slowStore = Object.create(store, {
    append: {
      value: async (...appended: Parameters<EventStore['append']>) => {
        if (!raced) {
          raced = true;
          await runner.run(id, add(10), context);
        }
        return store.append(...appended);
      },
    },
  }) as EventStore;
  const slow = new CommandRunner(slowStore, counter, []);
  await expect(slow.run(id, add(100), context, [1])).rejects.toBeInstanceOf(UnexpectedVersion);
  expect(await runner.load(id)).toMatchObject({ state: 11, version: 2 });
});

it('20 writers at once that expect the same version: one writes, the others are told', async () => {
  const id = randomUUID();
  await runner.run(id, add(1), context);
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => runner.run(id, add(1), context, [1])));
  const refusals = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown);
  expect(refusals).toHaveLength(19);
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(UnexpectedVersion);
  expect(await runner.load(id)).toMatchObject({ state: 2, version: 2 });
});

it('writes the read model with the events or not at all', async () => {
  const project = ({ id, state }: { id: string; state: number }) => [
    {
      text: 'insert into subscriptions (name, checkpoint) values ($1, $2) on conflict (name) do update set checkpoint = $2',
      values: [id, state],
    },
    { text: 'select 10 / (10 - $1::int)', values: [state] },
  ];
  const projected = new CommandRunner(store, counter, [{ project }]);
  const id = randomUUID();
  await projected.run(id, add(9), context);
  await expect(projected.run(id, add(1), context)).rejects.toThrow('division by zero');
  const [row] = await database.query<{ checkpoint: string }>({
    text: 'select checkpoint from subscriptions where name = $1',
    values: [id],
  });
  expect(row!.checkpoint).toBe('9');
  expect(await projected.load(id)).toMatchObject({ state: 9 });
});
