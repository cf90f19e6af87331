import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BulkImportCommand } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { BulkBacklog, type RunningBulkImport, type Share } from './bulk-backlog.js';
import { BulkCatalog } from './bulk-catalog.js';
import { admin, found, importItem, startImport, system, TestCatalog, type ShortCommand } from '../catalog.spec-kit.js';

let test: TestDatabase;
let vitrine: TestCatalog;
let backlog: BulkBacklog;
let catalog: BulkCatalog;
beforeEach(async () => {
  test = await createTestDatabase();
  vitrine = new TestCatalog(test.url);
  backlog = new BulkBacklog(vitrine.database, 30);
  catalog = new BulkCatalog(vitrine.database);
});
afterEach(async () => {
  await vitrine.close();
  await test.drop();
});

type Short<C> = C extends BulkImportCommand ? Omit<C, 'actor' | 'at'> : never;

async function run(id: string, ...commands: readonly Short<BulkImportCommand>[]): Promise<void> {
  const actor = { user_id: 'admin', project_id: 'admin', roles: ['admin'] };
  const context = { actor, projectId: 'admin', requestId: null, causationId: null, correlationId: id };
  for (const command of commands) {
    await vitrine.bulkImports.run(id, { ...command, actor: admin, at: new Date() }, context);
  }
}

/** A bulk import that runs, and its images by line. */
async function begin(items: number, onError: 'continue' | 'stop' = 'continue'): Promise<[string, ...string[]]> {
  const id = randomUUID();
  const request = { type: 'RequestBulkImport', id, items, concurrency: 4, attempts: 3, onError, digest: 'd' } as const;
  await run(id, request);
  const images = Array.from({ length: items }, () => randomUUID());
  await vitrine.runNew(
    ...images.map((image, n) => [image, importItem(image, {}, { batch: id, line: n + 1 })] as const),
  );
  await run(id, { type: 'AcceptBulkImport' });
  return [id, ...images];
}

const fail = (retryAt: Date | null = null): ShortCommand => ({
  ...{ type: 'FailImport', actor: system, task: 't0', attempt: 1, reason: 'HTTP 404', retryAt },
});
const start = (id: string) => startImport(id, 1, 't0');
const complete: ShortCommand = {
  ...{ type: 'CompleteImportToStore', actor: system, task: 't0', attempt: 1, store: 'local', found },
};

/** So many of each that runs; what it was asked with. */
function taking(count: number): { share: Share; asked: RunningBulkImport[] } {
  const asked: RunningBulkImport[] = [];
  const share: Share = (running) => {
    asked.push(...running);
    return new Map(running.map(({ id }) => [id, Array.from({ length: count }, (_, rank) => rank)]));
  };
  return { share, asked };
}
const pick = async (count: number) => ((await backlog.pick(taking(count).share)) ?? []).map(({ imageId }) => imageId);
const asked = async () => {
  const none = taking(0);
  await backlog.pick(none.share);
  return none.asked;
};

describe('the backlog', () => {
  it('gives items by line, each once', async () => {
    const [, ...images] = await begin(5);
    expect(new Set(await pick(2))).toEqual(new Set(images.slice(0, 2)));
    expect(new Set(await pick(9))).toEqual(new Set(images.slice(2)));
    expect(await pick(9)).toEqual([]);
  });

  it('counts what has a job and what runs as under way', async () => {
    const [id, first] = await begin(5);
    await pick(2);
    await vitrine.run(first!, start(first!));
    expect(await asked()).toEqual([{ id, project: 'admin', concurrency: 4, underWay: 2, queued: 1 }]);
  });

  it('gives again what no worker has claimed in time', async () => {
    const [id, ...images] = await begin(2);
    await pick(2);
    await vitrine.database.query({ text: `update catalog.work set queued_at = now() - interval '31 s'`, values: [] });
    expect(await asked()).toEqual([expect.objectContaining({ id, underWay: 0, queued: 0 })]);
    expect(new Set(await pick(2))).toEqual(new Set(images));
  });

  it('gives an item that failed when its time has come', async () => {
    const [, first] = await begin(1);
    await pick(1);
    await vitrine.run(first!, start(first!), fail(new Date(Date.now() + 3_600_000)));
    expect(await pick(1)).toEqual([]);
    await vitrine.database.query({ text: 'update catalog.work set not_before = now()', values: [] });
    expect(await backlog.pick(taking(1).share)).toMatchObject([{ imageId: first, claims: 1 }]);
  });

  it('gives nothing of what is not accepted, paused or cancelled', async () => {
    const [id] = await begin(1);
    await run(id, { type: 'PauseBulkImport' });
    expect(await asked()).toEqual([]);
    await run(id, { type: 'ResumeBulkImport' });
    expect(await asked()).toHaveLength(1);
    await run(id, { type: 'CancelBulkImport', reason: 'x' });
    expect(await asked()).toEqual([]);
    expect(await backlog.cancelled(10)).toMatchObject([{ attempt: 't0', claims: 0 }]);
  });

  it('gives nothing more from the moment that an item failed on which its bulk import is to stop', async () => {
    const [id, first] = await begin(3, 'stop');
    await vitrine.run(first!, start(first!), fail());
    expect(await asked()).toEqual([]);
    expect(await backlog.toStop(10)).toEqual([{ id, line: 1, imageId: first, reason: 'HTTP 404' }]);
    await run(id, { type: 'StopBulkImport', line: 1, imageId: first!, reason: 'HTTP 404' });
    expect(await backlog.toStop(10)).toEqual([]);
    await run(id, { type: 'ResumeBulkImport' });
    expect(await asked()).toHaveLength(1);
  });

  it('goes on after an item failed where it is to', async () => {
    const [, first] = await begin(2);
    await vitrine.run(first!, start(first!), fail());
    expect([await backlog.toStop(10), (await asked()).length]).toEqual([[], 1]);
  });

  it('tells what has ended with its counts, and what was never finished', async () => {
    const [id, first, second] = await begin(2);
    await vitrine.run(first!, start(first!), complete);
    expect(await backlog.ended(10)).toEqual([]);
    await vitrine.run(second!, { type: 'CancelImport', actor: system, task: 't0', reason: 'x' });
    expect(await backlog.ended(10)).toEqual([{ id, done: 1, failed: 0, cancelled: 1 }]);
    expect(await backlog.abandoned(0, 10)).toEqual([]);
    const lost = randomUUID();
    const options = { concurrency: 4, attempts: 3, onError: 'continue' } as const;
    await run(lost, { type: 'RequestBulkImport', id: lost, items: 1, digest: 'd', ...options });
    expect(await backlog.abandoned(0, 10)).toEqual([lost]);
    expect(await backlog.abandoned(60, 10)).toEqual([]);
  });
});

it('bytes are those that came, and those that are known to come', async () => {
  const [id, first, second] = await begin(3);
  await vitrine.run(first!, start(first!), complete);
  await vitrine.run(second!, start(second!));
  expect(await vitrine.work.heartbeat(second!, 't0', 1, { bytes: 7n, total: 2n ** 60n })).toBe(true);
  expect(await catalog.find(id)).toMatchObject({
    counts: { waiting: 1, running: 1, done: 1, failed: 0, cancelled: 0 },
    ...{ bytesOfDone: 4n, bytesUnderWay: 7n, bytesAnnounced: 2n ** 60n, announced: 1 },
    position: await vitrine.store.head(),
  });
  expect(await catalog.items(id, { status: 'running', after: 0, limit: 9 })).toMatchObject([
    { imageId: second, line: 2, bytes: 7n, bytesTotal: 2n ** 60n },
  ]);
});
