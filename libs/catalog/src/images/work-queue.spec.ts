import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  change,
  completeUpload,
  create,
  leaseSeconds,
  requestDownload,
  startImport,
  startUpload,
  system,
  TestCatalog,
  type ShortCommand,
} from '../catalog.spec-kit.js';
import type { Work, WorkQueue } from './work-queue.js';

let vitrine: TestCatalog;
let work: WorkQueue;
const images: string[] = [];

beforeAll(async () => {
  vitrine = await TestCatalog.create();
  ({ work } = vitrine);
});
afterEach(async () => {
  for (const id of images.splice(0)) {
    const { state } = await vitrine.images.load(id);
    if (state!.status !== 'deleted') await vitrine.run(id, { type: 'DeleteImage' });
    await vitrine.run(id, { type: 'PurgeData', blobs: state!.blobs });
  }
});
afterAll(() => vitrine.close());

async function imageAfter(...then: ((id: string) => ShortCommand)[]): Promise<string> {
  const id = randomUUID();
  images.push(id);
  await vitrine.run(id, create(id), ...then.map((command) => command(id)));
  return id;
}

/** The time passes for the lease of one image only. */
async function leaseRanOut(id: string, secondsAgo = 1): Promise<void> {
  await vitrine.database.query({
    text: `update catalog.work set lease_until = now() - make_interval(secs => $2) where image_id = $1`,
    values: [id, secondsAgo],
  });
}

/** Seconds that the lease of the image's work still runs. */
async function leaseOf(id: string): Promise<number> {
  const [row] = await vitrine.database.query<{ seconds: number }>({
    text: 'select extract(epoch from lease_until - now())::float8 as seconds from catalog.work where image_id = $1',
    values: [id],
  });
  return row!.seconds;
}

const idsOf = (found: readonly Work[]) => found.map(({ imageId }) => imageId);
const retry = (retryAt: Date | null): ShortCommand => ({
  type: 'FailImport',
  actor: system,
  task: 't1',
  attempt: 1,
  reason: 'no route',
  retryAt,
});

describe('a heartbeat', () => {
  it('moves the lease of the running upload on', async () => {
    const id = await imageAfter(startUpload);
    await leaseRanOut(id);
    expect(await work.heartbeat(id, 'a1', 1)).toBe(true);
    expect(await leaseOf(id)).toBeGreaterThan(leaseSeconds - 10);
    expect(await work.expired(10)).toEqual([]);
  });

  it('tells the holder of another attempt, or of an ended one, to stop, and moves nothing', async () => {
    const id = await imageAfter(startUpload);
    await leaseRanOut(id);
    expect(await work.heartbeat(id, 'a2', 1)).toBe(false);
    expect(await work.heartbeat(id, 'a1', 2)).toBe(false);
    expect(await work.heartbeat(randomUUID(), 'a1', 1)).toBe(false);
    expect(await leaseOf(id)).toBeLessThan(0);
    await vitrine.run(id, completeUpload());
    expect(await work.heartbeat(id, 'a1', 1)).toBe(false);
  });

  it('is for the claim that runs: not for the one before, nor for an import that waits', async () => {
    const id = await imageAfter(() => requestDownload());
    expect(await work.heartbeat(id, 't1', 0)).toBe(false);
    await vitrine.run(id, startImport(id));
    expect(await work.heartbeat(id, 't1', 1)).toBe(true);
    await vitrine.run(id, retry(new Date()));
    expect(await work.heartbeat(id, 't1', 1)).toBe(false);
    await vitrine.run(id, startImport(id, 2));
    expect(await work.heartbeat(id, 't1', 1)).toBe(false);
    expect(await work.heartbeat(id, 't1', 2)).toBe(true);
  });

  it('is not given by a change of the image: a rename leaves the lease as it was', async () => {
    const [upload, running] = [await imageAfter(startUpload), await imageAfter(() => requestDownload(), startImport)];
    for (const id of [upload, running]) {
      await leaseRanOut(id);
      await vitrine.run(id, change('name', 'renamed'), { type: 'AddTag', tag: 'x' });
      expect(await leaseOf(id)).toBeLessThan(0);
    }
  });

  it('tells the holder to stop when the image was deleted', async () => {
    const id = await imageAfter(startUpload);
    await vitrine.run(id, { type: 'DeleteImage' });
    expect(await work.heartbeat(id, 'a1', 1)).toBe(false);
  });
});

describe('expired', () => {
  it('is what runs and went silent, longest silence first, as many as asked', async () => {
    const upload = await imageAfter(startUpload);
    const stage = await imageAfter((id) => startUpload(id, 'a1', 'stage'));
    const running = await imageAfter(() => requestDownload(), startImport);
    await imageAfter(startUpload);
    await leaseRanOut(stage, 30);
    await leaseRanOut(running, 20);
    await leaseRanOut(upload, 10);
    expect(await work.expired(10)).toEqual([
      { imageId: stage, kind: 'stage', attempt: 'a1', claims: 1 },
      { imageId: running, kind: 'import', attempt: 't1', claims: 1 },
      { imageId: upload, kind: 'upload', attempt: 'a1', claims: 1 },
    ]);
    expect(idsOf(await work.expired(2))).toEqual([stage, running]);
  });

  it('is nothing that ended, and no import that waits', async () => {
    await imageAfter(startUpload, () => completeUpload());
    await imageAfter(
      (id) => startUpload(id, 'a1', 'stage'),
      () => completeUpload(),
    );
    await imageAfter(() => requestDownload());
    for (const id of images) await leaseRanOut(id);
    expect(await work.expired(10)).toEqual([]);
  });
});

describe('overdue', () => {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

  it('is an import that nobody has claimed for that long, longest wait first, as many as asked', async () => {
    const old = await imageAfter(() => ({ ...requestDownload(), at: ago(60) }));
    const older = await imageAfter(() => ({ ...requestDownload(), at: ago(90) }));
    await imageAfter(() => requestDownload());
    expect(await work.overdue(30, 10)).toEqual([
      { imageId: older, kind: 'import', attempt: 't1', claims: 0 },
      { imageId: old, kind: 'import', attempt: 't1', claims: 0 },
    ]);
    expect(idsOf(await work.overdue(30, 1))).toEqual([older]);
    expect(idsOf(await work.overdue(75, 10))).toEqual([older]);
  });

  it('counts from when the import may be tried again, and not while it runs', async () => {
    const id = await imageAfter(() => ({ ...requestDownload(), at: ago(600) }), startImport);
    expect(await work.overdue(30, 10)).toEqual([]);
    await vitrine.run(id, retry(new Date(Date.now() + 60_000)));
    expect(await work.overdue(30, 10)).toEqual([]);
    await vitrine.run(id, startImport(id, 2), { ...retry(ago(60)), attempt: 2 } as ShortCommand);
    expect(await work.overdue(30, 10)).toEqual([{ imageId: id, kind: 'import', attempt: 't1', claims: 2 }]);
  });

  it('is no import that was given up', async () => {
    await imageAfter(
      () => ({ ...requestDownload(), at: ago(600) }),
      startImport,
      () => retry(null),
    );
    expect(await work.overdue(0, 10)).toEqual([]);
  });
});

describe('doomed blobs', () => {
  const doom = (): ShortCommand => ({ type: 'DeleteImage' });

  it('are those of the image alone, and none that is live', async () => {
    const doomed = await imageAfter(startUpload, doom);
    const live = await imageAfter(startUpload, () => completeUpload());
    expect(await work.doomed(doomed)).toEqual([{ store: 'local', key: `${doomed}/a1` }]);
    expect(await work.doomed(live)).toEqual([]);
  });

  it('make their images known once they are old enough, each image once', async () => {
    const past = new Date(Date.now() - 60_000);
    const failed: ShortCommand = { type: 'FailUpload', attempt: 'a1', reason: 'x', at: past };
    const id = await imageAfter(
      startUpload,
      () => failed,
      (id) => startUpload(id, 'a2'),
    );
    await vitrine.run(id, { ...failed, attempt: 'a2' });
    await imageAfter(startUpload, doom);
    expect(await work.imagesWithDoomedBlobs(30, 10)).toEqual([id]);
    expect(await work.imagesWithDoomedBlobs(0, 10)).toHaveLength(2);
    expect(await work.imagesWithDoomedBlobs(0, 1)).toHaveLength(1);
    expect(await work.imagesWithDoomedBlobs(90, 10)).toEqual([]);
  });
});

it('known are the keys of that store which the log tells of, also doomed ones until they are purged', async () => {
  const writing = await imageAfter(startUpload);
  const doomed = await imageAfter(startUpload, () => ({ type: 'DeleteImage' }));
  const keys = [`${writing}/a1`, `${doomed}/a1`, `${doomed}/a2`];
  expect(await work.known('local', keys)).toEqual(new Set(keys.slice(0, 2)));
  expect(await work.known('ceph', keys)).toEqual(new Set());
  await vitrine.run(doomed, { type: 'PurgeData', blobs: [{ store: 'local', key: `${doomed}/a1` }] });
  expect(await work.known('local', keys)).toEqual(new Set([`${writing}/a1`]));
  expect(await work.known('local', [])).toEqual(new Set());
});
