import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ChainVerifier, migrate, startEmbeddedPostgres, type EmbeddedPostgres } from '#event-store';
import { allMigrations } from '#platform';
import {
  create,
  exactSize,
  invite,
  completeUpload,
  pick,
  randomFrom,
  startUpload,
  TestCatalog,
} from '../../libs/catalog/src/catalog.spec-kit.js';
import { ImageWalk } from '../../libs/catalog/src/images/image-walk.spec-kit.js';
import { rebuild } from '../../libs/catalog/src/rebuild.spec-kit.js';
import { runTool, systemPostgres } from '../services/system-postgres.js';

const system = systemPostgres();
const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];
const catalogs: TestCatalog[] = [];

let source: TestCatalog;

beforeAll(async () => {
  const { url } = await startServer(system);
  await migrate(url, allMigrations);
  source = open(url);
  await fill(source);
});
afterAll(async () => {
  for (const catalog of catalogs) await catalog.close();
  for (const server of servers) {
    await server.stop();
    rmSync(server.clusterDir, { recursive: true });
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A cluster of its own, fresh. */
async function startServer(binaries?: typeof system): Promise<EmbeddedPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-dump-'));
  folders.push(folder);
  const server = await startEmbeddedPostgres({ dataDir: folder, ...(binaries && { binaries }) });
  servers.push(server);
  return server;
}

function open(url: string): TestCatalog {
  const catalog = new TestCatalog(url);
  catalogs.push(catalog);
  return catalog;
}

async function fill(vitrine: TestCatalog): Promise<void> {
  const random = randomFrom(3);
  const walks = Array.from({ length: 10 }, () => new ImageWalk(randomUUID(), random));
  for (let step = 0; step < 400; step++) {
    const walk = pick(random, walks);
    const command = walk.next((await vitrine.images.load(walk.id)).state);
    if (command) await vitrine.run(walk.id, command);
    else walks.splice(walks.indexOf(walk), 1, new ImageWalk(randomUUID(), random));
  }
  const id = randomUUID();
  const odd = { name: 'tab\tback\\slash\nline "ü€" \u2028', p: "it's \\. $$", tags: ['{a,b}', 'NULL', '\\N'] };
  await vitrine.run(id, create(id, odd), startUpload(id), completeUpload({ size: exactSize }));
  await vitrine.run(id, ...invite('beta', 'accepted'));
  const uploading = randomUUID();
  await vitrine.run(uploading, create(uploading), startUpload(uploading));
}

async function feedOf({ store }: TestCatalog) {
  return store.readFeed(0n, 1_000_000);
}

function firstFault(events: Awaited<ReturnType<typeof feedOf>>) {
  const verifier = new ChainVerifier();
  for (const event of events) {
    const fault = verifier.check(event);
    if (fault) return fault;
  }
  return undefined;
}

describe.each([
  ['as pg_dump makes it, which grants rights to a role that is not there', [], []],
  [
    'without owners and rights, every statement of which succeeds',
    ['--no-owner', '--no-privileges'],
    ['ON_ERROR_STOP=1'],
  ],
])('a dump %s, restored into a fresh cluster of a newer PostgreSQL and migrated', (_, dumpOptions, variables) => {
  let restored: TestCatalog;
  let url: string;

  beforeAll(async () => {
    const dump = runTool(system.home, 'pg_dump', [...dumpOptions, source.url]);
    ({ url } = await startServer());
    const settings = variables.flatMap((variable) => ['-v', variable]);
    runTool(system.home, 'psql', ['--quiet', ...settings, '-f', '-', url], dump);
    expect(await migrate(url, allMigrations)).toEqual([]);
    restored = open(url);
  });

  it('has every event as it was, without a gap, and the chain verifies', async () => {
    const events = await feedOf(restored);
    expect(events.length).toBeGreaterThan(400);
    expect(events).toEqual(await feedOf(source));
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => BigInt(index + 1)));
    expect(firstFault(events)).toBeUndefined();
  });

  it('has the same catalogue, and rebuilds the same from the log', async () => {
    const rows = await source.rows();
    for (const table of Object.values(rows) as object[][]) expect(table.length).toBeGreaterThan(0);
    expect(await restored.rows()).toEqual(rows);
    await rebuild(restored);
    expect(await restored.rows()).toEqual(rows);
  });

  it('goes on where it was: the next event is head + 1, chained to the last, on the stream as it was', async () => {
    const head = await source.store.head();
    const [id] = (await source.rows()).images.map((row) => (row as { id: string }).id) as [string];
    const { version } = await source.images.load(id);
    expect((await restored.run(id, { type: 'AddTag', tag: 'restored' })).version).toBe(version + 1);
    const other = randomUUID();
    await restored.run(other, create(other));
    const events = await feedOf(restored);
    expect(events.slice(-2).map(({ position }) => position)).toEqual([head + 1n, head + 2n]);
    expect(firstFault(events)).toBeUndefined();
    expect(await restored.catalog.find(other, null)).toMatchObject({ version: 1 });
  });

  it.each([
    'update events set type = type',
    'delete from events',
    'truncate events',
    'insert into events select * from events',
  ])('still keeps history from being rewritten: %s', async (sql) => {
    const denied = restored.database.query({ text: sql, values: [] });
    await expect(denied).rejects.toThrow('permission denied for table events');
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await expect(owner.query(sql)).rejects.toThrow(/append-only|duplicate key/);
    await owner.end();
  });
});
