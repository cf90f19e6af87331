import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isUnavailable, VersionConflict } from '#event-store';
import { admin, create, importItem, invite, pick, randomFrom, startUpload, TestCatalog } from './catalog.spec-kit.js';
import { listQuery, idsOf } from './images/image-list.spec-kit.js';
import { ImageWalk } from './images/image-walk.spec-kit.js';
import { Bystander, everyTable, rebuild, structure } from './rebuild.spec-kit.js';

let vitrine: TestCatalog;
let bystander: Bystander;
/** Images that nobody changes any more. */
const settled: string[] = [];
let uploading: string;
/** An item of a bulk import, with a job in the queue. */
let waiting: string;
const batch = randomUUID();

beforeAll(async () => {
  vitrine = await TestCatalog.create();
  bystander = await Bystander.at(vitrine.url);
  const random = randomFrom(11);
  const walks = Array.from({ length: 12 }, () => new ImageWalk(randomUUID(), random));
  for (let step = 0; step < 300; step++) await oneStep(pick(random, walks));
  for (let n = 0; n < 150; n++) {
    const id = randomUUID();
    await vitrine.run(id, create(id, { name: `settled ${n}`, tags: ['settled'], p: `${n}` }));
    settled.push(id);
  }
  await vitrine.run(settled[0]!, ...invite('beta', 'accepted'));
  await vitrine.bulkImports.run(
    batch,
    {
      type: 'RequestBulkImport',
      id: batch,
      items: 2,
      concurrency: 4,
      attempts: 3,
      onError: 'stop',
      digest: 'd',
      actor: admin,
      at: new Date(),
    },
    {
      actor: { user_id: 'admin', project_id: 'admin', roles: [] },
      projectId: 'admin',
      requestId: null,
      causationId: null,
      correlationId: batch,
    },
  );
  waiting = randomUUID();
  await vitrine.runNew([waiting, importItem(waiting, {}, { batch })]);
  uploading = settled[1]!;
  await vitrine.run(uploading, startUpload(uploading));
  // A holder whose heartbeats have moved the lease on: they are not in the log.
  await bystander.run(
    `update catalog.work set lease_until = now() + interval '1 hour' where image_id = '${uploading}'`,
  );
  await bystander.run(`update catalog.work set queued_at = now(), bytes = 7 where image_id = '${waiting}'`);
});
afterAll(async () => {
  await bystander.close();
  await vitrine.close();
});

async function newImage(): Promise<string> {
  const id = randomUUID();
  await vitrine.run(id, create(id));
  return id;
}

/** Rows of members, blobs and work that are there at one time and gone the next. */
async function comeAndGo(id: string, attempt: string): Promise<void> {
  const { upload, blobs } = (await vitrine.images.load(id)).state!;
  if (!upload) await vitrine.run(id, startUpload(id, attempt), { type: 'AddMember', member: 'beta' });
  else {
    await vitrine.run(id, { type: 'FailUpload', attempt: upload.attempt, reason: 'x' });
    await vitrine.run(id, { type: 'PurgeData', blobs }, { type: 'RemoveMember', member: 'beta' });
  }
}

async function oneStep(walk: ImageWalk): Promise<boolean> {
  const command = walk.next((await vitrine.images.load(walk.id)).state);
  if (!command) return false;
  await vitrine.run(walk.id, command);
  return true;
}

describe('a rebuilt catalogue', () => {
  it('is the live one: every row, every column, every index and right', async () => {
    await bystander.run(`analyze ${everyTable}`);
    const [rows, tables] = [await vitrine.rows(), await bystander.run(structure)];
    const usage = await vitrine.usage();
    const bulk = await bystander.run('select * from catalog.bulk_imports');
    expect(bulk).toHaveLength(1);
    expect(usage).toEqual(expect.arrayContaining([expect.objectContaining({ project: 'admin' })]));
    for (const table of Object.values(rows) as object[][]) expect(table.length).toBeGreaterThan(0);
    expect(await rebuild(vitrine)).toMatchObject({ events: await vitrine.store.head() });
    expect(await vitrine.rows()).toEqual(rows);
    expect(await vitrine.usage()).toEqual(usage);
    expect(await bystander.run('select * from catalog.bulk_imports')).toEqual(bulk);
    expect(await bystander.run(structure)).toEqual(tables);
  });

  it('heals rows that were lost, changed or made up', async () => {
    const [rows, usage] = [await vitrine.rows(), await vitrine.usage()];
    await bystander.run(`
      update catalog.usage set images = images + 7, size = 0 where project = 'admin';
      insert into catalog.usage values ('omega', 1, 1, 1, 1);
      update catalog.images set name = 'changed', document = '{}' where id = '${settled[2]!}';
      delete from catalog.images where id = '${settled[3]!}';
      update catalog.members set status = 'rejected' where image_id = '${settled[0]!}';
      insert into catalog.members values ('${settled[4]!}', 'omega', 'accepted', now(), now());
      update catalog.blobs set state = 'doomed' where image_id = '${uploading}';
      insert into catalog.work values ('${settled[4]!}', 'import', 't', 0, 'waiting', now())`);
    expect(await vitrine.rows()).not.toEqual(rows);
    await rebuild(vitrine);
    expect(await vitrine.rows()).toEqual(rows);
    expect(await vitrine.usage()).toEqual(usage);
  });

  it('has what four writers did meanwhile, and readers saw neither an error nor a gap', async () => {
    const stop = { now: false };
    let written = 0;
    const writers = [21, 22, 23, 24].map(async (seed) => {
      const random = randomFrom(seed);
      const busy = await Promise.all(Array.from({ length: 5 }, newImage));
      let walk = new ImageWalk(randomUUID(), random);
      for (let n = 0; !stop.now; n++) {
        if (random() < 0.03 || !(await oneStep(walk))) walk = new ImageWalk(randomUUID(), random);
        await comeAndGo(pick(random, busy), `${n}`);
        // Contended: all four change the same few images too.
        const tag = `${seed}-${Math.floor(random() * 10)}`;
        await vitrine.run(pick(random, settled.slice(5, 8)), { type: 'AddTag', tag }).catch((error: unknown) => {
          if (!(error instanceof VersionConflict)) throw error;
        });
        written++;
      }
    });
    const viewer = { projectId: 'admin', isAdmin: true };
    const everythingSettled = listQuery(viewer, { filters: [{ on: 'tags', all: ['settled'] }] });
    let listed = 0;
    const readers = Array.from({ length: 2 }, async () => {
      while (!stop.now) {
        const ids = new Set(idsOf(await vitrine.catalog.list(everythingSettled)));
        expect(settled.filter((id) => !ids.has(id))).toEqual([]);
        expect(await vitrine.catalog.findData(uploading, null)).toMatchObject({ status: 'saving' });
        expect(await vitrine.work.heartbeat(uploading, 'a1', 1)).toBe(true);
        listed++;
      }
    });
    const both = Promise.all([...writers, ...readers]);
    const rebuilds = (async () => {
      for (let n = 0; n < 2; n++) {
        const before = { written, listed };
        // It waits in the middle until all of them have had their turn, however slow the machine is.
        await rebuild(vitrine, async () => {
          while (!stop.now && (written === before.written || listed === before.listed)) await setImmediate();
        });
        expect(written).toBeGreaterThan(before.written);
        expect(listed).toBeGreaterThan(before.listed);
      }
    })();
    const ended = Promise.allSettled([rebuilds, both]);
    await Promise.race([rebuilds, both]).finally(async () => {
      stop.now = true;
      await ended;
    });
    await both;
    const [rows, usage] = [await vitrine.rows(), await vitrine.usage()];
    await rebuild(vitrine);
    expect(await vitrine.rows()).toEqual(rows);
    expect(await vitrine.usage()).toEqual(usage);
  });
});

describe('a rebuild', () => {
  const failure = (rebuilding: Promise<unknown>) =>
    rebuilding.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('that dies while it fills leaves the live tables as they were, and the next one goes through', async () => {
    const rows = await vitrine.rows();
    let kill: Promise<void> | undefined;
    const dying = rebuild(vitrine, (images) => {
      if (images > 50) kill ??= bystander.killRebuild();
    });
    expect(isUnavailable(await failure(dying))).toBe(true);
    await kill;
    expect(await vitrine.rows()).toEqual(rows);
    await rebuild(vitrine);
    expect(await vitrine.rows()).toEqual(rows);
  });

  it('that dies while it waits for the switch does no harm either', async () => {
    const rows = await vitrine.rows();
    await bystander.readTables();
    const dying = failure(rebuild(vitrine));
    await bystander.untilRebuildWaits();
    await bystander.killRebuild();
    expect(isUnavailable(await dying)).toBe(true);
    await bystander.run('rollback');
    expect(await vitrine.rows()).toEqual(rows);
    await rebuild(vitrine);
    expect(await vitrine.rows()).toEqual(rows);
  });

  it('that a backup keeps from switching keeps nobody else waiting', async () => {
    await bystander.readTables();
    const rebuilding = rebuild(vitrine);
    await bystander.untilRebuildWaits();
    const id = randomUUID();
    await vitrine.run(id, create(id, { owner: admin.projectId }));
    expect(await vitrine.catalog.find(id, null)).toBeDefined();
    await bystander.run('rollback');
    await rebuilding;
    expect(await vitrine.catalog.find(id, null)).toBeDefined();
  });

  it('is refused while another one runs, and does not disturb it', async () => {
    const rows = await vitrine.rows();
    await bystander.readTables();
    const first = rebuild(vitrine);
    await bystander.untilRebuildWaits();
    await expect(rebuild(vitrine)).rejects.toThrow('another rebuild of the catalogue is running');
    await bystander.run('rollback');
    await first;
    expect(await vitrine.rows()).toEqual(rows);
  });
});
