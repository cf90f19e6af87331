import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Actor } from '#domain';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import {
  admin,
  completeUpload,
  create,
  found,
  requestDownload,
  startImport,
  startUpload,
  system,
  TestCatalog,
  type ShortCommand,
} from '../catalog.spec-kit.js';
import { rebuild } from '../rebuild.spec-kit.js';
import { taskSortKeys, type TaskListQuery } from './task-list.query.js';

const hour = 3_600_000;
const alice: Actor = { userId: 'alice', projectId: 'alpha', roles: ['member', 'reader'] };
const ago = (ms: number) => new Date(Date.now() - ms);

let test: TestDatabase;
let vitrine: TestCatalog;
beforeAll(async () => {
  test = await createTestDatabase();
  vitrine = new TestCatalog(test.url);
});
afterAll(async () => {
  await vitrine.close();
  await test.drop();
});

const complete = (task: string, attempt = 1): ShortCommand => ({
  ...{ type: 'CompleteImportToStore', actor: system, task, attempt, store: 'local', found },
});
const fail = (task: string, retryAt: Date | null, attempt = 1): ShortCommand => ({
  ...{ type: 'FailImport', actor: system, task, attempt, reason: `no route ${attempt}`, retryAt },
});

interface Made {
  readonly image: string;
  readonly task: string;
}

/** An image of alice's with one import, and what became of it; each command `ms` ago. */
async function made(then: (image: string, task: string) => readonly ShortCommand[] = () => [], ms = 0): Promise<Made> {
  const [image, task] = [randomUUID(), randomUUID()];
  const commands = [
    create(image, { owner: 'alpha' }),
    { ...requestDownload(task), actor: alice },
    ...then(image, task),
  ];
  await vitrine.run(image, ...commands.map((command) => ({ at: ago(ms), ...command })));
  return { image, task };
}
const running = (image: string, task: string) => [startImport(image, 1, task)];
const succeeded = (image: string, task: string) => [startImport(image, 1, task), complete(task)];
const failed = (image: string, task: string) => [startImport(image, 1, task), fail(task, null)];

describe('a task', () => {
  it.each([
    ['that waits', () => [], 'pending', ''],
    ['in a worker', running, 'processing', ''],
    [
      'that waits for its second try',
      (image: string, task: string) => [startImport(image, 1, task), fail(task, new Date())],
      'processing',
      'no route 1',
    ],
    ['that succeeded', succeeded, 'success', ''],
    ['that failed', failed, 'failure', 'no route 1'],
    ['whose image was deleted', () => [{ type: 'DeleteImage' } as const], 'failure', 'the image was deleted'],
  ] as const)('%s is told as such', async (_, then, status, message) => {
    const before = Date.now();
    const { image, task } = await made(then);
    const found = (await vitrine.tasks.find(task))!;
    expect(found).toMatchObject({
      ...{ id: task, imageId: image, type: 'api_image_import', status, message },
      ...{ owner: 'alpha', userId: 'alice', requestId: 'req-1' },
      input: { image_id: image, import_req: { method: { name: 'web-download' }, stores: ['local'] } },
    });
    if (status === 'success' || status === 'failure') {
      expect(found.expiresAt!.getTime() - found.updatedAt.getTime()).toBe(48 * hour);
      expect(found.expiresAt!.getTime()).toBeGreaterThanOrEqual(before + 48 * hour);
    } else expect(found.expiresAt).toBeNull();
  });

  it('that made its image shows what it was asked, at its start, at its end, and when the image is deleted', async () => {
    const [id, task] = [randomUUID(), randomUUID()];
    const image_properties = { name: 'by task', tags: ['a'], min_ram: 1 };
    const input = { import_from: 'https://example.org/disk.raw', import_from_format: 'raw', image_properties };
    await vitrine.run(id, { type: 'ImportNewImage', id, task, requestId: 'req-2', input, stores: ['local'] });
    expect(await vitrine.tasks.find(task)).toMatchObject({ type: 'import', status: 'pending', input });
    await vitrine.run(id, startImport(id, 1, task), complete(task), { type: 'DeleteImage' });
    expect(await vitrine.tasks.find(task)).toMatchObject({ status: 'success', imageId: id, requestId: 'req-2', input });
  });

  it('is not shown any more 48 hours after its end, and its row goes; one that never ended stays', async () => {
    const old = await made(failed, 48 * hour + 1000);
    const young = await made(failed, 47 * hour);
    const endless = await made(running, 900 * hour);
    const count = async () => (await vitrine.rows(old.image)).tasks.length;
    expect(await vitrine.tasks.find(old.task)).toBeUndefined();
    expect(await vitrine.tasks.ofImage(old.image)).toEqual([]);
    expect(await listed({ marker: old.task })).toBeUndefined();
    expect(await count()).toBe(1);
    expect(await vitrine.tasks.removeExpired(1000)).toBe(1);
    expect(await count()).toBe(0);
    await rebuild(vitrine);
    expect(await count()).toBe(0);
    for (const { task } of [young, endless]) expect(await vitrine.tasks.find(task)).toMatchObject({ id: task });
  });

  it('is one of its image, and of the project that asked for it', async () => {
    const { image, task } = await made(failed);
    const second = randomUUID();
    await vitrine.run(image, { ...requestDownload(second), actor: admin });
    const ids = async (owner?: string) => (await vitrine.tasks.ofImage(image, owner)).map(({ id }) => id);
    expect(await ids()).toEqual([task, second]);
    expect(await ids('alpha')).toEqual([task]);
    expect(await ids('beta')).toEqual([]);
  });
});

const listed = async (query: Partial<TaskListQuery> = {}) => {
  const defaults: TaskListQuery = {
    filters: {},
    sortKey: 'created_at',
    sortDir: 'desc',
    limit: 1000,
    marker: undefined,
  };
  return (await vitrine.tasks.list({ ...defaults, ...query }))?.map(({ id }) => id);
};

describe('the list of tasks', () => {
  beforeAll(async () => {
    for (const [index, then] of [running, succeeded, failed, () => []].entries()) {
      // Two of the same moment each.
      await Promise.all([made(then, 1000 * index), made(then, 1000 * index)]);
    }
  });

  it.each(taskSortKeys.flatMap((key) => (['asc', 'desc'] as const).map((dir) => [key, dir] as const)))(
    'by %s %s is the same page by page, with every task once',
    async (sortKey, sortDir) => {
      const whole = (await listed({ sortKey, sortDir }))!;
      expect(whole.length).toBeGreaterThan(8);
      const paged: string[] = [];
      for (;;) {
        const page = (await listed({ sortKey, sortDir, limit: 3, marker: paged.at(-1) }))!;
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(paged).toEqual(whole);
      expect([...new Set(whole)].sort()).toEqual((await listed())!.sort());
    },
  );

  it('is in the order that it was asked for', async () => {
    const rows = (await vitrine.tasks.list({ ...whole, sortKey: 'updated_at', sortDir: 'asc' }))!;
    const times = rows.map(({ updatedAt }) => updatedAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const newest = (await vitrine.tasks.list(whole))!.map(({ createdAt }) => createdAt.getTime());
    expect(newest).toEqual([...newest].sort((a, b) => b - a));
  });

  it('has only what fits each filter', async () => {
    const { image, task } = await made(failed);
    expect(await listed({ filters: { image_id: image } })).toEqual([task]);
    expect(await listed({ filters: { image_id: image, status: 'success' } })).toEqual([]);
    const failures = (await vitrine.tasks.list({ ...whole, filters: { status: 'failure', owner: 'alpha' } }))!;
    expect(failures.length).toBeGreaterThan(2);
    expect(new Set(failures.map(({ status }) => status))).toEqual(new Set(['failure']));
    expect(await listed({ filters: { image_id: 'no UUID' } })).toEqual([]);
    expect(await listed({ filters: { owner: '\0' } })).toEqual([]);
  });

  it('after a task that never was is none', async () => {
    expect(await listed({ marker: randomUUID() })).toBeUndefined();
  });
});

const whole: TaskListQuery = { filters: {}, sortKey: 'created_at', sortDir: 'desc', limit: 1000, marker: undefined };

it('the migration makes the tasks of what was there before it', async () => {
  const image = randomUUID();
  const tasks = ['1', '2', '3', '4'].map((digit) => digit.repeat(8) + randomUUID().slice(8));
  await vitrine.run(
    image,
    create(image),
    ...[requestDownload(tasks[0]), startImport(image, 1, tasks[0]), fail(tasks[0]!, new Date())],
    ...[startImport(image, 2, tasks[0]), fail(tasks[0]!, null, 2)],
    ...[requestDownload(tasks[1]), startImport(image, 1, tasks[1]), fail(tasks[1]!, null)],
    ...[requestDownload(tasks[2]), startImport(image, 1, tasks[2]), complete(tasks[2]!)],
  );
  await made();
  await made(running);
  await made(succeeded, 50 * hour);
  const uploaded = randomUUID();
  await vitrine.run(uploaded, create(uploaded), startUpload(uploaded), completeUpload());
  await vitrine.tasks.removeExpired(1000);
  // Of deleted images it makes none.
  const { images, tasks: rows } = await vitrine.rows();
  const ids = images.map((row) => (row as { id: string }).id);
  const before = rows.filter((row) => 'image_id' in row && ids.includes(String(row.image_id)));

  const migration = await readFile(new URL('../../migrations/0005-tasks.sql', import.meta.url), 'utf8');
  const grant = 'grant all on tasks to vitrine_app';
  await asAdmin(
    test.url,
    `set search_path to catalog; drop table tasks; alter table work drop column credential; ${migration}; ${grant}`,
  );
  expect((await vitrine.rows()).tasks).toEqual(before);
  expect(before.length).toBeGreaterThan(6);
});
