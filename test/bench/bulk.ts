import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, eventually } from '../services/client.js';
import type { VitrineProcess } from '../services/vitrine.js';
import { spawnRedis } from '../services/redis.js';
import { aim, median, residentMiB, seconds, type Row } from './measure.js';
import type { Setting } from './setting.js';

const rounds = 3;
const atOnce = 8;
/** items/s, of a MiB each, and MiB/s, of 256 MiB each */
const small = { items: 1_000, mebibytes: 1 };
const large = { items: 8, mebibytes: 256 };
type Load = typeof small;
/** `BENCH_GLANCE_URL`, `BENCH_GLANCE_TOKEN`: a Glance on the same machine that may download from `BENCH_SOURCE_PORT` */
const {
  BENCH_GLANCE_URL: glanceUrl,
  BENCH_GLANCE_TOKEN: glanceToken,
  BENCH_SOURCE_PORT: sourcePort = '0',
} = process.env;

/** Many images in one request, on both queues: how soon it is accepted, and how fast its items come. */
export async function bulk(setting: Setting): Promise<Row[]> {
  const source = await startSource();
  const redis = await spawnRedis(join(setting.directory, 'redis'));
  const addresses = ({ items, mebibytes }: Load) =>
    Array.from({ length: items }, () => `${source.url}/${mebibytes}/${randomUUID()}`);
  const rows: Row[] = [];
  for (const queue of [{ name: 'Redis', REDIS_URL: redis.url }, { name: 'PostgreSQL' }]) {
    const { name, ...settings } = queue;
    process.stderr.write(`  queue on ${name}\n`);
    const cloud = await setting.newCloud({
      ...settings,
      VITRINE_IMPORT_ALLOWED_PORTS: source.port,
      VITRINE_WORKERS: String(atOnce),
      VITRINE_LEASE_SECONDS: '60',
      VITRINE_SWEEP_SECONDS: '15',
      VITRINE_REQUEUE_SECONDS: '30',
    });
    const api = cloud.run('api');
    const worker = cloud.run('worker');
    const alice = await cloud.as('alice', await api.ready());
    await worker.ready();
    for (const load of [small, large]) {
      const beside = besides(setting.directory, addresses);
      const times: { ours: number; theirs: number }[] = [];
      await imported(alice, addresses({ ...load, items: atOnce }));
      for (let round = 0; round < rounds; round++) {
        const ours = await seconds(() => imported(alice, addresses(load)));
        const items = Math.min(load.items, beside.mostItems);
        times.push({ ours, theirs: ((await beside.seconds({ ...load, items })) * load.items) / items });
      }
      const [ours, theirs] = [times.map((time) => time.ours), times.map((time) => time.theirs)].map(median) as [
        number,
        number,
      ];
      const amount = load === small ? load.items : load.items * load.mebibytes;
      rows.push({
        what: `bulk import, ${load.items} × ${load.mebibytes} MiB, queue on ${name}`,
        unit: load === small ? 'items/s' : 'MiB/s',
        ...{ value: amount / ours, reference: beside.name, referenceValue: amount / theirs },
        ratio: median(times.map((time) => time.theirs / time.ours)),
        target: { atLeast: load === small ? beside.ofSmall : beside.ofLarge },
      });
    }
    if (name === 'Redis') {
      const bob = await cloud.as('bob', alice.url);
      rows.push(await waited(alice, bob, source.url), ...(await accepted(alice, source.url, { api, worker })));
    }
    await api.stop();
    await worker.stop();
  }
  await redis.stop();
  source.stop();
  return rows;
}

/** Resolves when all of them are active. */
async function imported(alice: Client, addresses: readonly string[]): Promise<void> {
  const id = await request(alice, addresses.map(itemAt));
  const ended = await eventually(
    () => show(alice, id),
    ({ status }) => status === 'finished',
    'the bulk import',
    600,
  );
  if (ended.items.done !== addresses.length)
    throw new Error(`only ${ended.items.done} items came: ${JSON.stringify(ended)}`);
}

const path = '/vitrine/v1/bulk-imports';
const itemAt = (url: string) => ({ name: url.slice(-12), url, disk_format: 'raw', container_format: 'bare' });

async function request(alice: Client, items: readonly object[]): Promise<string> {
  const body = items.map((item) => JSON.stringify(item)).join('\n');
  const answer = await alice.post(`${path}?concurrency=${atOnce}`, body, { 'content-type': 'application/x-ndjson' });
  if (answer.status !== 202) throw new Error(`a bulk import was answered ${answer.status}: ${answer.text}`);
  return String(answer.json.id);
}

async function show(alice: Client, id: string) {
  const answer = await alice.get(`${path}/${id}`);
  return answer.json as {
    status: string;
    items: { done: number; cancelled: number; waiting: number; running: number };
  };
}

/** Seconds that a project waits for one image while another one has 5,000 to come. */
async function waited(alice: Client, bob: Client, source: string): Promise<Row> {
  const busy = await request(
    alice,
    Array.from({ length: 5_000 }, () => itemAt(`${source}/1/${randomUUID()}`)),
  );
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await eventually(
      () => show(alice, busy),
      ({ items }) => items.running > 0,
      'the busy project',
    );
    const { id } = await bob.createImage();
    const method = { name: 'web-download', uri: `${source}/1/${randomUUID()}` };
    took.push(
      await seconds(async () => {
        await bob.post(`/v2/images/${id}/import`, { method });
        await bob.until(id, ({ status }) => status === 'active');
      }),
    );
  }
  await cancelled(alice, busy);
  return aim('one import beside 5,000 of another project', median(took), 's', { atMost: 10 });
}

async function cancelled(alice: Client, id: string): Promise<void> {
  await alice.post(`${path}/${id}/cancel`);
  const isOver = ({ items }: { items: { waiting: number; running: number } }) => items.waiting + items.running === 0;
  await eventually(() => show(alice, id), isOver, 'the cancelled bulk import', 600);
}

/** 10,000 items in one request, several times: each is cancelled before much of it has come. */
async function accepted(
  alice: Client,
  source: string,
  processes: Record<'api' | 'worker', VitrineProcess>,
): Promise<Row[]> {
  const many = Array.from({ length: 10_000 }, () => itemAt(`${source}/1/${randomUUID()}`));
  const pids = Object.entries(processes).map(([name, { pid }]) => ({ name, pid }));
  const took: number[] = [];
  const resident: Record<string, number[]> = Object.fromEntries(pids.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds + 1; round++) {
    const peaks = new Map(pids.map(({ name, pid }) => [name, residentMiB(pid)]));
    const sampler = setInterval(() => {
      for (const { name, pid } of pids) peaks.set(name, Math.max(peaks.get(name)!, residentMiB(pid)));
    }, 50);
    let id = '';
    took.push(await seconds(async () => (id = await request(alice, many))));
    await cancelled(alice, id);
    clearInterval(sampler);
    for (const [name, peak] of peaks) resident[name]!.push(peak);
  }
  return [
    aim('a bulk import of 10,000 items is accepted', median(took.slice(1)), 's', { atMost: 5 }),
    // The first one warms up; what is kept of each would be seen in the last.
    ...Object.entries(resident).map(([name, peaks]) => ({
      ...{ what: `memory of the ${name}, the fourth such request`, unit: 'MiB', value: peaks.at(-1)! },
      ...{
        reference: 'the first',
        referenceValue: peaks[0]!,
        ratio: peaks.at(-1)! / peaks[0]!,
        target: { atMost: 1.15 },
      },
    })),
  ];
}

interface Beside {
  readonly name: string;
  readonly ofSmall: number;
  readonly ofLarge: number;
  /** that it does at most; the time of more is reckoned from them */
  readonly mostItems: number;
  seconds(load: Load): Promise<number>;
}

function besides(directory: string, addresses: (load: Load) => string[]): Beside {
  if (glanceUrl !== undefined) {
    const glance = new Client(glanceUrl, glanceToken);
    return {
      ...{ name: 'Glance, web-download', ofSmall: 5, ofLarge: 1, mostItems: 200 },
      seconds: (load) => seconds(() => downloadedByGlance(glance, addresses(load))),
    };
  }
  const program = fileURLToPath(new URL('./bare-import.js', import.meta.url));
  return {
    ...{ name: 'undici, two digests, a file', ofSmall: 0.3, ofLarge: 0.8, mostItems: Infinity },
    seconds: async (load) => {
      const args = [program, join(directory, randomUUID()), String(atOnce), ...addresses(load)];
      return Number((await promisify(execFile)(process.execPath, args)).stdout);
    },
  };
}

/** As many at a time as ours: its clients have to see to that. */
async function downloadedByGlance(glance: Client, addresses: string[]): Promise<void> {
  const left = [...addresses];
  const one = async () => {
    for (let uri = left.pop(); uri !== undefined; uri = left.pop()) {
      const { id } = await glance.createImage({ name: uri.slice(-12) });
      const answer = await glance.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri } });
      if (answer.status !== 202) throw new Error(`the import was answered ${answer.status}: ${answer.text}`);
      const image = await eventually(
        () => glance.show(id),
        // Glance leaves it queued until a thread takes the task, whose id it has meanwhile.
        ({ status, os_glance_import_task: task }) => status === 'active' || (status === 'queued' && !task),
        `image ${id}`,
        600,
      );
      if (image.status !== 'active') throw new Error(`image ${id} was not imported: ${JSON.stringify(image)}`);
      await glance.delete(`/v2/images/${id}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function startSource() {
  const program = fileURLToPath(new URL('./image-server.js', import.meta.url));
  const server = spawn(process.execPath, [program, sourcePort], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(server.stdout, 'data')) as [Buffer];
  const port = said.toString().trim();
  return { port, url: `http://127.0.0.1:${port}`, stop: () => server.kill() };
}
