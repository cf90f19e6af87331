import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Database, EventStore, type NewEvent } from '#event-store';
import { paired, seconds, type Row } from './measure.js';
import type { Setting } from './setting.js';

const rounds = 5;

/** The log beside PostgreSQL itself: what do the order, the expected version and the chain cost? */
export async function appends(setting: Setting): Promise<Row[]> {
  const cloud = await setting.newCloud();
  const url = cloud.settings.DATABASE_URL!;
  const database = new Database({ url, poolSize: 16 });
  const store = new EventStore(database);
  const bare = new pg.Pool({ connectionString: url, max: 16 });
  await bare.query('create table bare (id bigserial primary key, payload json not null)');
  const payload = JSON.stringify(newEvent(1).payload);
  const insert = () => bare.query({ name: 'bare', text: 'insert into bare (payload) values ($1)', values: [payload] });
  const append = () => store.append([newEvent(1)]);

  const one = await paired(rounds, rate(1_000, 1, append), rate(1_000, 1, insert));
  const sixteen = await paired(rounds, rate(4_000, 16, append), rate(1_000, 1, append));
  const hundreds = await paired(
    rounds,
    rate(200, 4, () => store.append(batch()), 100),
    () => Promise.resolve(20_000),
  );
  await database.close();
  await bare.end();
  return [
    { ...one, what: 'durable appends, 1 client', unit: '/s', reference: 'bare INSERT', target: { atLeast: 0.6 } },
    { ...sixteen, what: 'durable appends, 16 clients', unit: '/s', reference: '1 client', target: { atLeast: 1 } },
    {
      ...hundreds,
      what: 'appends, 100 at a time, 4 clients',
      unit: 'events/s',
      reference: 'the aim',
      target: { atLeast: 1 },
    },
  ];
}

/** Measures `count` calls by `clients` at once; per second, each call counting for `weight`. */
function rate(count: number, clients: number, call: () => Promise<unknown>, weight = 1): () => Promise<number> {
  return async () => {
    let left = count;
    const client = async () => {
      while (left-- > 0) await call();
    };
    return (count * weight) / (await seconds(() => Promise.all(Array.from({ length: clients }, client))));
  };
}

function batch(): NewEvent[] {
  const streamId = `image-${randomUUID()}`;
  return Array.from({ length: 100 }, (_, index) => ({ ...newEvent(index + 1), streamId }));
}

function newEvent(version: number): NewEvent {
  return {
    streamId: `image-${randomUUID()}`,
    version,
    eventId: randomUUID(),
    type: 'ImageAttributesChanged',
    schemaVersion: 1,
    payload: { changes: { name: { from: 'before', to: 'after' }, min_disk: { from: 0, to: 10 } } },
    actor: { user_id: randomUUID(), project_id: 'alpha', roles: ['member', 'reader'] },
    projectId: 'alpha',
    requestId: `req-${randomUUID()}`,
    causationId: null,
    correlationId: null,
    recordedAt: new Date(),
  };
}
