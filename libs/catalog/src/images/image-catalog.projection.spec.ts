import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isLosslessNumber, parse } from 'lossless-json';
import { imageEventVersions, liveImport, usageOf, type Image } from '#domain';
import {
  change,
  completeUpload,
  create,
  exactSize,
  invite,
  pick,
  randomFrom,
  startUpload,
  TestCatalog,
  weights,
} from '../catalog.spec-kit.js';
import { imageDocument } from './image-document.js';
import { labelsOf } from './label.js';
import { ImageWalk } from './image-walk.spec-kit.js';

let vitrine: TestCatalog;

beforeAll(async () => {
  vitrine = await TestCatalog.create();
});
afterAll(() => vitrine.close());

describe('whatever was done, the rows are a function of where it led', () => {
  const seen = new Set<string>();

  it.each([1, 2, 3, 4, 5, 6])('after each of 150 commands on some images (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const walks = Array.from({ length: 3 }, () => new ImageWalk(randomUUID(), random));
    for (let step = 0; step < 150; step++) {
      const walk = pick(random, walks);
      const command = walk.next((await vitrine.images.load(walk.id)).state);
      if (command) await vitrine.run(walk.id, command);
      else walks.splice(walks.indexOf(walk), 1, new ImageWalk(randomUUID(), random));
      // From the log, not from the command: what a rebuild would see.
      const { state, version } = await vitrine.images.load(walk.id);
      expect(observed(await vitrine.rows(walk.id))).toEqual(expectedRows(state!, version));
    }
    for (const { type } of await vitrine.store.readFeed(0n, 10_000)) seen.add(type);
  });

  it('and the walks met every event that there is', () => {
    expect([...seen].sort()).toEqual(Object.keys(imageEventVersions).sort());
  });
});

type Rows = Awaited<ReturnType<TestCatalog['rows']>>;

/** The rows with the lease as a yes or no: its time is the database's clock. */
function observed({ work, ...rows }: Rows) {
  return {
    ...rows,
    work: (work as { lease_until: Date | null }[]).map((row) => ({ ...row, lease_until: row.lease_until !== null })),
  };
}

function expectedRows(image: Image, version: number): Rows {
  return {
    images: image.status === 'deleted' ? [] : [expectedImage(image, version)],
    labels: image.status === 'deleted' ? [] : expectedLabels(image),
    members:
      image.status === 'deleted'
        ? []
        : Object.entries(image.members)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([member, { status, createdAt, updatedAt }]) => ({
              ...{ image_id: image.id, member, status },
              ...{ created_at: createdAt, updated_at: updatedAt },
            })),
    blobs: image.blobs
      .map(({ store, key, state, since, metadata = {} }, place) => {
        return { image_id: image.id, store, key, state, since, place, metadata };
      })
      .sort((a, b) => (`${a.store} ${a.key}` < `${b.store} ${b.key}` ? -1 : 1)),
    work: expectedWork(image),
    tasks: expectedTasks(image),
    items: expectedItems(image),
  };
}

function expectedImage(image: Image, version: number) {
  return {
    id: image.id,
    version: String(version),
    status: image.status,
    visibility: image.visibility,
    owner: image.owner,
    name: image.name,
    protected: image.protected,
    os_hidden: image.os_hidden,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    container_format: image.container_format,
    disk_format: image.disk_format,
    size: image.data?.size.toString() ?? null,
    virtual_size: image.data?.virtualSize?.toString() ?? null,
    checksum: image.data?.md5 ?? null,
    os_hash_value: image.data?.sha512 ?? null,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
    tags: image.tags,
    properties: image.properties,
    document: imageDocument(image, weights),
    uploading: usageOf(image).uploading === 1n,
    used_size: usageOf(image).size.toString(),
    used_staging: usageOf(image).staging.toString(),
  };
}

function expectedLabels(image: Image) {
  const { id, owner, visibility, createdAt } = image;
  const asUuid = (label: string) => label.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return labelsOf(image)
    .sort()
    .map((label) => ({
      ...{ image_id: id, label: asUuid(label) },
      ...{ image_owner: owner, image_visibility: visibility, image_created_at: createdAt },
    }));
}

function expectedTasks(image: Image) {
  return image.imports.map((one) => {
    const ended = ['succeeded', 'failed', 'cancelled'].includes(one.state);
    const waits = one.state === 'waiting' && one.attempt === 0;
    const ends = {
      ...{ succeeded: 'success', failed: 'failure', cancelled: 'failure' },
      ...{ running: 'processing', waiting: 'processing' },
    } as const;
    return {
      ...{ id: one.task, image_id: image.id, type: 'api_image_import' },
      ...{ status: waits ? 'pending' : ends[one.state], message: one.failure ?? '', request_id: one.requestId },
      ...{ owner: one.requestedBy.projectId, user_id: one.requestedBy.userId },
      input: { image_id: image.id, import_req: { method: one.method, stores: one.stores } },
      ...{ created_at: one.requestedAt, updated_at: one.updatedAt },
      expires_at: ended ? new Date(one.updatedAt.getTime() + 172_800_000) : null,
    };
  });
}

function expectedItems(image: Image) {
  const item = image.imports.findLast(({ bulk }) => bulk !== null);
  if (!item?.bulk) return [];
  const done = item.state === 'succeeded';
  return [
    {
      ...{ image_id: image.id, batch_id: item.bulk.batch, line: item.bulk.line, task: item.task },
      ...{ url: 'https://example.org/disk.raw', status: done ? 'done' : item.state, attempt: item.attempt },
      ...{ reason: item.failure, size: done ? image.data!.size.toString() : null, updated_at: item.updatedAt },
    },
  ];
}

function expectedWork(image: Image) {
  const { id, upload, blobs } = image;
  if (upload) {
    const writing = blobs.find(({ state }) => state === 'writing');
    const { attempt, kind } = upload;
    return [
      {
        ...{ image_id: id, kind, attempt, claims: 1, state: 'running', not_before: writing?.since, lease_until: true },
        ...{ batch_id: null, line: null, queued_at: null, bytes: '0', bytes_total: null, credential: null },
      },
    ];
  }
  const wanted = liveImport(image);
  if (!wanted) return [];
  const { task, attempt: claims, state, notBefore, bulk } = wanted;
  const lease = state === 'running';
  return [
    {
      ...{ image_id: id, kind: 'import', attempt: task, claims, state, not_before: notBefore, lease_until: lease },
      ...{ batch_id: bulk?.batch ?? null, line: bulk?.line ?? null },
      ...{ queued_at: null, bytes: '0', bytes_total: null, credential: null },
    },
  ];
}

it('a deleted image and its members leave the lists at once, its objects when they are purged', async () => {
  const id = randomUUID();
  await vitrine.run(id, create(id), startUpload(id), completeUpload(), ...invite('beta', 'accepted'));
  expect(await vitrine.rows(id)).toMatchObject({ images: [{ id }], members: [{ member: 'beta' }] });
  await vitrine.run(id, { type: 'DeleteImage' });
  const blob = { store: 'local', key: `${id}/a1` };
  expect(await vitrine.rows(id)).toMatchObject({ images: [], members: [], blobs: [{ ...blob, state: 'doomed' }] });
  await vitrine.run(id, { type: 'PurgeData', blobs: [blob] });
  const none = { images: [], labels: [], members: [], blobs: [], work: [], tasks: [], items: [] };
  expect(await vitrine.rows(id)).toEqual(none);
});

it('an upload that was deleted on its way is no work any more, and its object is doomed', async () => {
  const id = randomUUID();
  await vitrine.run(id, create(id), startUpload(id), { type: 'DeleteImage' });
  expect(await vitrine.rows(id)).toMatchObject({ images: [], work: [], blobs: [{ state: 'doomed' }] });
});

it('sizes up to 2^63-1 are shown to the last digit', async () => {
  const id = randomUUID();
  const data = { size: exactSize, virtualSize: exactSize };
  await vitrine.run(id, create(id), startUpload(id), completeUpload(data));
  const { document } = (await vitrine.catalog.find(id, null))!;
  expect(document).toContain('"size":9223372036854775807,"virtual_size":9223372036854775807');
  const shown = parse(document) as Record<string, unknown>;
  expect(isLosslessNumber(shown.size) && shown.size.toString()).toBe('9223372036854775807');
  expect((await vitrine.catalog.findData(id, null))!.size).toBe(exactSize);
});

it('a command that is refused, or decides nothing, touches no row', async () => {
  const id = randomUUID();
  await vitrine.run(id, create(id, { name: 'disk' }), startUpload(id));
  const before = await vitrine.rows(id);
  await vitrine.run(id, change('name', 'disk'));
  await expect(vitrine.run(id, startUpload(id, 'a2'))).rejects.toMatchObject({ code: 'wrong-status' });
  expect(await vitrine.rows(id)).toEqual(before);
});
