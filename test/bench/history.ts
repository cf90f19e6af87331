import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  History,
  HistoryProjection,
  imageReadModel,
  rebuildCatalog,
  rebuildHistory,
  type HistoryQuery,
} from '#catalog';
import { readConfig } from '#config';
import { Database, EventFeed, EventStore, LogSealer, Subscription, verifyLog, type NewEvent } from '#event-store';
import { Images } from '#platform';
import { aim, seconds, type Row } from './measure.js';
import type { Setting } from './setting.js';

/** `BENCH_EVENTS=1000000` for the size that the aims are for. */
const count = Number(process.env.BENCH_EVENTS ?? 200_000);
const eventsOfImage = 10;
const samples = 300;

/** A log of many images: what it costs to search, to read back and to verify. The aims are figures, not peers. */
export async function history(setting: Setting): Promise<Row[]> {
  const cloud = await setting.newCloud();
  const url = cloud.settings.DATABASE_URL!;
  const database = new Database({ url, poolSize: 8 });
  const store = new EventStore(database);
  const images = Array.from({ length: count / eventsOfImage }, () => randomUUID());
  for (let next = 0; next < images.length; next += 100) {
    await store.append(images.slice(next, next + 100).flatMap((id, index) => life(id, next + index)));
  }
  const head = Number(await store.head());

  const projection = new HistoryProjection();
  const subscription = new Subscription(database, new EventFeed(database), {
    name: 'history',
    handle: (events, client) =>
      projection.project(events, async ({ text, values, name }) => {
        return (await client.query<object>({ text, values: [...values], name })).rows;
      }),
  });
  const projected = head / (await seconds(() => subscription.catchUp()));
  const rebuilt = head / (await seconds(() => rebuildHistory(url)));
  const fold = new Images(store, readConfig({}), { weights: {} });
  const catalogue = imageReadModel({ weights: {}, leaseSeconds: 60 }, (id, events) => fold.fold(id, events));
  const catalogued = head / (await seconds(() => rebuildCatalog({ url, models: [catalogue] })));
  const sealed = await seal(database, store);
  const verified = sealed / (await seconds(() => verifyLog(database)));

  const found = new History(database);
  const base = { order: 'desc', after: 0n, before: 2n ** 63n - 1n, limit: 25 } as const;
  const shapes: ((n: number) => Partial<HistoryQuery>)[] = [
    () => ({ filters: {} }),
    (n) => ({ filters: { actor: `user-${n % 50}` } }),
    () => ({ filters: { type: 'ImageVisibilityChanged' }, order: 'asc' }),
    (n) => ({ filters: { project: `project-${n % 100}`, type: 'ImageCreated' } }),
    (n) => ({ audience: { project: `project-${n % 100}` }, before: BigInt(Math.ceil(head / 2)) }),
    (n) => ({ audience: { project: `project-${n % 100}` }, filters: { type: 'ImageTagAdded' } }),
  ];
  const search = await p99((n) =>
    found.search({ audience: 'everything', filters: {}, ...base, ...shapes[n % shapes.length]!(n) }),
  );
  const story = await p99((n) => store.readStreams([`image-${images[(n * 7919) % images.length]!}`], BigInt(head)));
  const along = await p99(() => store.readAlong({ stream: `image-${randomUUID()}`, version: 0 }, 'image.', 10_000), 10);
  await database.close();
  const size = `${head.toLocaleString('en')} events`;
  return [
    aim(`verified, of ${size}`, verified, 'events/s', { atLeast: 100_000 }),
    aim('catalogue rebuilt', catalogued, 'events/s', { atLeast: 20_000 }),
    aim('history rebuilt', rebuilt, 'events/s', { atLeast: 20_000 }),
    aim('history projected as it comes', projected, 'events/s', { atLeast: 5_000 }),
    aim('history of one image, p99', story, 'ms', { atMost: 20 }),
    aim('filtered events, p99', search, 'ms', { atMost: 100 }),
    aim('10,000 events of a catalogue of the past', along, 'ms', { atMost: 1_000 }),
  ];
}

/** In segments of a thousand, as a worker does; the length of the log then. */
async function seal(database: Database, store: EventStore): Promise<number> {
  const actor = { user_id: 'vitrine', project_id: null, roles: ['system'] };
  const sealer = new LogSealer(database, store, { key: generateKeyPairSync('ed25519').privateKey, most: 1_000, actor });
  const segments = Math.ceil(Number(await store.head()) / 1_000);
  for (let segment = 0; segment < segments; segment++) await sealer.sealNext(new Date());
  return Number(await store.head());
}

/** Milliseconds, one after the other. */
async function p99(call: (n: number) => Promise<unknown>, times = samples): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) took.push(1000 * (await seconds(() => call(n))));
  return took.sort((a, b) => a - b)[Math.ceil(times * 0.99) - 1]!;
}

function life(id: string, n: number): NewEvent[] {
  const project = `project-${n % 100}`;
  const attributes = {
    ...{ name: `image ${n}`, owner: project, visibility: 'shared', protected: false, os_hidden: false },
    ...{ min_disk: 0, min_ram: 0, container_format: 'bare', disk_format: 'raw' },
  };
  const tags = Array.from({ length: eventsOfImage - 3 }, (_, tag) => ['ImageTagAdded', { tag: `t${tag}` }] as const);
  const events = [
    ['ImageCreated', { id, attributes, tags: [], properties: { os_distro: 'debian', hw_disk_bus: 'virtio' } }] as const,
    ...tags,
    ['ImageMemberAdded', { member: `project-${(n + 1) % 100}` }] as const,
    ['ImageVisibilityChanged', { from: 'shared', to: 'public' }] as const,
  ];
  return events.map(([type, payload], index) => ({
    ...{ streamId: `image-${id}`, version: index + 1, eventId: randomUUID(), type, schemaVersion: 1, payload },
    actor: { user_id: `user-${n % 50}`, project_id: project, roles: ['member', 'reader'] },
    ...{ projectId: project, requestId: `req-${randomUUID()}`, causationId: null, correlationId: null },
    recordedAt: new Date(),
  }));
}
