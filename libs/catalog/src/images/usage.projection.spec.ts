import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { countables, DomainError, noUsage, unlimitedQuotas, usageOf, type ProjectQuotas, type Usage } from '#domain';
import { VersionConflict } from '#event-store';
import { asAdmin, createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import {
  change,
  completeUpload,
  create,
  pick,
  randomFrom,
  requestDownload,
  startImport,
  startUpload,
  system,
  TestCatalog,
  type ShortCommand,
} from '../catalog.spec-kit.js';
import { ImageWalk } from './image-walk.spec-kit.js';

let test: TestDatabase;
const open: TestCatalog[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  await test.drop();
});

/** The same database under other limits. */
function limited(quotas: Partial<ProjectQuotas> = {}): TestCatalog {
  const catalog = new TestCatalog(test.url, { ...unlimitedQuotas, ...quotas });
  open.push(catalog);
  return catalog;
}

/** Every test has a project of its own. */
let project: string;
beforeEach(() => {
  project = `p-${randomUUID()}`;
});

const usage = (of = project) => open[0]!.catalog.usage(of);
const excess = (resource: string, limit: number, used: number, wanted: number) => ({
  code: 'quota-exceeded',
  details: { project, resource, limit: `${limit}`, usage: `${used}`, wanted: `${wanted}` },
});
const announced = (id: string, size: bigint, kind: 'upload' | 'stage' = 'upload') =>
  ({ ...startUpload(id, 'a1', kind), size }) as ShortCommand;

async function made(vitrine: TestCatalog, ...more: readonly ((id: string) => ShortCommand)[]): Promise<string> {
  const id = randomUUID();
  await vitrine.run(id, create(id, { owner: project }), ...more.map((command) => command(id)));
  return id;
}

/** How many went through; every other one was refused by its quota. */
async function accepted(attempts: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.allSettled(attempts);
  for (const one of outcomes) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'quota-exceeded' });
  }
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

describe('what a project uses', () => {
  it.each([1, 2, 3])('is the sum over its images, whatever was done to them (seed %i)', async (seed) => {
    const vitrine = limited();
    const random = randomFrom(seed);
    const walks: ImageWalk[] = [];
    const before = await sums(vitrine);
    for (let step = 0; step < 250; step++) {
      const walk = random() < 0.1 || walks.length === 0 ? new ImageWalk(randomUUID(), random) : pick(random, walks);
      if (!walks.includes(walk)) walks.push(walk);
      const command = walk.next((await vitrine.images.load(walk.id)).state);
      if (command) await vitrine.run(walk.id, command);
      if (step % 50 < 49) continue;
      const expected = structuredClone(before);
      for (const { id } of walks) {
        const { state } = await vitrine.images.load(id);
        if (state?.owner) expected[state.owner] = plus(expected[state.owner] ?? noUsage, usageOf(state));
      }
      for (const [owner, used] of Object.entries(expected)) expect(await usage(owner)).toEqual(used);
    }
  });

  it('holds what an upload announced until it ends, and what it brought from then on', async () => {
    const vitrine = limited();
    const id = await made(vitrine, (image) => announced(image, 100n));
    expect(await usage()).toEqual({ images: 1n, uploading: 1n, size: 100n, staging: 0n });
    await vitrine.run(id, completeUpload({ size: 100n }));
    expect(await usage()).toEqual({ images: 1n, uploading: 0n, size: 100n, staging: 0n });
    await vitrine.run(id, { type: 'DeleteImage' });
    expect(await usage()).toEqual(noUsage);
  });

  it('is given back by an upload that fails, and by one whose image is deleted', async () => {
    const vitrine = limited();
    const failed = await made(vitrine, (image) => announced(image, 100n));
    await vitrine.run(failed, { type: 'FailUpload', attempt: 'a1', reason: 'cut' });
    expect(await usage()).toEqual({ images: 1n, uploading: 0n, size: 0n, staging: 0n });
    const deleted = await made(vitrine, (image) => announced(image, 100n, 'stage'));
    expect(await usage()).toEqual({ images: 2n, uploading: 1n, size: 0n, staging: 100n });
    await vitrine.run(deleted, { type: 'DeleteImage' });
    expect(await usage()).toEqual({ images: 1n, uploading: 0n, size: 0n, staging: 0n });
    await expect(vitrine.run(deleted, completeUpload())).rejects.toMatchObject({ code: 'image-gone' });
  });

  it('counts staged data until its import is over, and its copies from the request on', async () => {
    const vitrine = limited();
    const id = await made(vitrine, (image) => announced(image, 50n, 'stage'));
    await vitrine.run(id, completeUpload({ size: 50n }));
    expect(await usage()).toEqual({ images: 1n, uploading: 1n, size: 0n, staging: 50n });
    const request = requestDownload('t1', ['local', 'ceph']);
    await vitrine.run(id, { ...request, method: { name: 'glance-direct' } } as ShortCommand);
    expect(await usage()).toEqual({ images: 1n, uploading: 1n, size: 100n, staging: 50n });
    const done = { type: 'CompleteImportToStore', actor: system, task: 't1', attempt: 1 } as const;
    const found = { size: 50n, md5: 'm', sha512: 's', virtualSize: null, format: 'raw' };
    await vitrine.run(id, startImport(id), { ...done, store: 'local', found }, { ...done, store: 'ceph', found });
    expect(await usage()).toEqual({ images: 1n, uploading: 0n, size: 100n, staging: 0n });
  });

  it('goes with the image to its new owner, and only if there is room', async () => {
    const vitrine = limited({ size: 100n });
    const [from, to] = [project, `p-${randomUUID()}`];
    const ids = [await made(vitrine, (image) => announced(image, 60n)), await made(vitrine)];
    await vitrine.run(ids[0]!, completeUpload({ size: 60n }), change('owner', to));
    expect(await usage(from)).toEqual({ images: 1n, uploading: 0n, size: 0n, staging: 0n });
    expect(await usage(to)).toEqual({ images: 1n, uploading: 0n, size: 60n, staging: 0n });
    await vitrine.run(ids[1]!, announced(ids[1]!, 41n));
    await expect(vitrine.run(ids[1]!, change('owner', to))).rejects.toMatchObject({ code: 'quota-exceeded' });
    await vitrine.run(ids[0]!, change('owner', null));
    expect(await usage(to)).toEqual(noUsage);
  });
});

describe('a quota', () => {
  it('lets just so many of fifty parallel creations through', async () => {
    const vitrine = limited({ images: 10n });
    expect(await accepted(Array.from({ length: 50 }, () => made(vitrine)))).toBe(10);
    expect(await usage()).toMatchObject({ images: 10n });
    await expect(made(vitrine)).rejects.toMatchObject(excess('image_count_total', 10, 10, 1));
  });

  it('lets just so many bytes of parallel announcements through', async () => {
    const vitrine = limited({ size: 100n, uploading: 9n });
    const ids = await Promise.all(Array.from({ length: 20 }, () => made(vitrine)));
    expect(await accepted(ids.map((id) => vitrine.run(id, announced(id, 30n))))).toBe(3);
    expect(await usage()).toEqual({ images: 20n, uploading: 3n, size: 90n, staging: 0n });
  });

  it('refuses the second of two uploads that nobody announced at its end', async () => {
    const vitrine = limited({ size: 100n });
    const ids = [await made(vitrine, startUpload), await made(vitrine, startUpload)];
    expect(await accepted(ids.map((id) => vitrine.run(id, completeUpload({ size: 60n }))))).toBe(1);
    expect(await usage()).toEqual({ images: 2n, uploading: 1n, size: 60n, staging: 0n });
  });

  it('that was lowered below what is used keeps nobody from using less', async () => {
    const id = await made(limited(), (image) => announced(image, 100n));
    await made(limited());
    const vitrine = limited({ images: 1n, size: 10n, uploading: 0n });
    await vitrine.run(id, completeUpload({ size: 100n }), change('name', 'still here'), { type: 'DeleteImage' });
    expect(await usage()).toMatchObject({ images: 1n, size: 0n });
  });

  it('of one project is not another one’s', async () => {
    const vitrine = limited({ images: 1n });
    await made(vitrine);
    project = `p-${randomUUID()}`;
    await made(vitrine);
    expect(await usage()).toMatchObject({ images: 1n });
  });

  it('of many projects at once makes no two transactions wait for each other', async () => {
    const deadlocks = async () => {
      const text = 'select deadlocks::int as count from pg_stat_database where datname = current_database()';
      return (await limited().database.query<{ count: number }>({ text, values: [] }))[0]!.count;
    };
    const before = await deadlocks();
    const projects = Array.from({ length: 6 }, () => `p-${randomUUID()}`);
    const processes = Array.from({ length: 3 }, () => new TestCatalog(test.url, { ...unlimitedQuotas, images: 1000n }));
    const creations = processes.flatMap((vitrine, seed) => {
      const random = randomFrom(seed);
      return Array.from({ length: 150 }, () => {
        const id = randomUUID();
        return vitrine.run(id, create(id, { owner: pick(random, projects) }));
      });
    });
    await Promise.all(creations);
    // A connection's end tells what it has counted.
    await Promise.all(processes.map((vitrine) => vitrine.close()));
    expect(await deadlocks()).toBe(before);
    const used = await Promise.all(projects.map((one) => usage(one)));
    expect(used.reduce((sum, { images }) => sum + images, 0n)).toBe(450n);
  });

  it('has no say on a state of the past: who lost the race for an image hears of that', async () => {
    const vitrine = limited({ uploading: 1n });
    const id = await made(vitrine);
    const attempts = Array.from({ length: 8 }, (_, n) => `a${n}`);
    // Every connection is open before the race begins.
    await Promise.all(attempts.map(() => vitrine.images.load(id)));
    const all = await Promise.allSettled(attempts.map((attempt) => vitrine.run(id, startUpload(id, attempt))));
    const lost = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as DomainError | VersionConflict] : []));
    expect(lost).toHaveLength(7);
    for (const error of lost) {
      if (error instanceof DomainError) expect(error.code).toBe('wrong-status');
      else expect(error).toBeInstanceOf(VersionConflict);
    }
  });
});

it('an installation that is older than quotas starts with what it has', async () => {
  const vitrine = limited();
  const [staged, importing] = [await made(vitrine, (id) => announced(id, 7n, 'stage')), await made(vitrine)];
  await vitrine.run(staged, completeUpload({ size: 7n }));
  const request = { ...requestDownload('t1', ['local', 'ceph']), method: { name: 'glance-direct' } } as ShortCommand;
  await vitrine.run(importing, announced(importing, 9n, 'stage'), completeUpload({ size: 9n }), request);
  const live = await made(vitrine, startUpload);
  await vitrine.run(live, completeUpload({ size: 5n }));
  const images = () => vitrine.database.query({ text: 'select * from catalog.images order by id', values: [] });
  const before = [await images(), await vitrine.usage()];

  const file = new URL('../../migrations/0003-usage.sql', import.meta.url);
  const migration = await readFile(file, 'utf8');
  await asAdmin(
    test.url,
    `set search_path to catalog; drop table usage; drop function refuse_beyond_quota;
    alter table images drop column uploading, drop column used_size, drop column used_staging; ${migration};
    grant all on usage to vitrine_app`,
  );
  const [imagesBefore, usageBefore] = before as [{ id: string }[], object[]];
  const ours = (rows: object[]) =>
    rows.filter((row) => 'id' in row && [staged, importing, live].includes(String(row.id)));
  expect(ours(await images())).toEqual(ours(imagesBefore));
  const mine = (rows: object[]) => rows.filter((row) => 'project' in row && row.project === project);
  expect(mine(await vitrine.usage())).toEqual(mine(usageBefore));
});

function plus(a: Usage, b: Usage): Usage {
  return Object.fromEntries(countables.map((what) => [what, a[what] + b[what]])) as Usage;
}

async function sums(vitrine: TestCatalog): Promise<Record<string, Usage>> {
  const rows = (await vitrine.usage()) as { project: string }[];
  return Object.fromEntries(await Promise.all(rows.map(async ({ project: of }) => [of, await usage(of)] as const)));
}
