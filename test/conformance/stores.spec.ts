import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { scratchDirectory } from '../services/scratch.js';
import { startCloud } from '../services/cloud.js';

const bytes = randomBytes(300_000);
let directory: string;
let world: Awaited<ReturnType<typeof startCloud>>;
beforeAll(async () => {
  directory = scratchDirectory('stores');
  // A store whose directory is a file: it can never be written to.
  writeFileSync(join(directory, 'broken'), '');
  mkdirSync(join(directory, 'fast'));
  const stores = [
    `slow=file:${directory}/slow?weight=1`,
    `fast=file:${directory}/fast?weight=10`,
    `attic=file:${directory}/attic`,
    `broken=file:${directory}/broken`,
  ];
  world = await startCloud({ VITRINE_STORES: stores.join(','), VITRINE_IMPORT_ATTEMPTS: '1' });
});
afterAll(async () => {
  await world.cloud.remove();
  rmSync(directory, { recursive: true });
});

async function stageAndImport(request: object): Promise<string> {
  const { alice } = world;
  const { id } = await alice.createImage();
  await alice.put(`/v2/images/${id}/stage`, bytes);
  const answer = await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' }, ...request });
  expect(answer).toMatchObject({ status: 202 });
  return id;
}
const ended = (image: Readonly<Record<string, unknown>>) => image.os_glance_importing_to_stores === '';

describe('several stores', () => {
  it('are told to everybody by name, and to admins and services by kind and weight', async () => {
    const { admin, alice, glance } = world;
    const names = [{ id: 'slow', default: 'true' }, { id: 'fast' }, { id: 'attic' }, { id: 'broken' }];
    expect((await alice.get('/v2/info/stores')).json).toEqual({ stores: names });
    expect(await alice.get('/v2/info/stores/detail')).toMatchObject({ status: 403 });
    for (const who of [admin, glance]) {
      const { stores } = (await who.get('/v2/info/stores/detail')).json as { stores: object[] };
      expect(stores[1]).toMatchObject({ id: 'fast', type: 'file', weight: 10 });
    }
  });

  it('take an upload where its header says', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    expect(await alice.upload(id, bytes, { 'x-image-meta-store': 'attic' })).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ stores: 'attic' });
    expect(readdirSync(join(directory, 'attic', id))).toHaveLength(1);
  });

  it('are filled by one import, ordered by weight, and each can give the bytes', async () => {
    const { alice } = world;
    const id = await stageAndImport({ stores: ['slow', 'attic', 'fast'] });
    const image = await alice.until(id, ended);
    expect(image).toMatchObject({ status: 'active', stores: 'fast,slow,attic', os_glance_failed_import: '' });
    rmSync(join(directory, 'fast', id), { recursive: true });
    for (const query of ['', '?prefer=attic', '?prefer=nowhere,slow']) {
      expect((await alice.get(`/v2/images/${id}/file${query}`)).bytes.equals(bytes)).toBe(true);
    }
  });

  it('must all succeed, or nothing stays anywhere', async () => {
    const { alice } = world;
    const id = await stageAndImport({ stores: ['slow', 'broken'] });
    const image = await alice.until(id, ended);
    expect(image).toMatchObject({ status: 'queued', size: null, os_glance_failed_import: 'slow,broken' });
    expect(await alice.get(`/v2/images/${id}/file`)).toMatchObject({ status: 204 });
  });

  it('need not all succeed when the request says so', async () => {
    const { alice } = world;
    const id = await stageAndImport({ all_stores: true, all_stores_must_succeed: false });
    const image = await alice.until(id, ended);
    expect(image).toMatchObject({ status: 'active', stores: 'fast,slow,attic', os_glance_failed_import: 'broken' });
    const types = (await alice.history(id)).map(({ type }) => type);
    expect(types).toContain('ImageImportToStoreFailed');
    expect(types.filter((type) => type === 'ImageActivated')).toHaveLength(1);
  });
});

describe('copy-image', () => {
  const copy = (body: object) => ({ method: { name: 'copy-image' }, ...body });

  it('brings an active image into more stores, which is for admins', async () => {
    const { admin, alice } = world;
    const { id } = await alice.createActive(bytes);
    const path = `/v2/images/${id}/import`;
    expect(await alice.post(path, copy({ stores: ['fast'] }))).toMatchObject({ status: 403 });
    expect(await admin.post(path, copy({ stores: ['slow'] }))).toMatchObject({ status: 400 });
    expect(await admin.post(path, copy({ stores: ['nowhere'] }))).toMatchObject({ status: 409 });
    const queued = await alice.createImage();
    expect(await admin.post(`/v2/images/${queued.id}/import`, copy({ stores: ['fast'] }))).toMatchObject({
      status: 409,
    });
    expect(await admin.post(path, copy({ stores: ['fast', 'attic'] }))).toMatchObject({ status: 202 });
    const image = await alice.until(id, ended);
    expect(image).toMatchObject({ status: 'active', stores: 'fast,slow,attic' });
    expect((await alice.get(`/v2/images/${id}/file?prefer=attic`)).bytes.equals(bytes)).toBe(true);
  });

  it('to a store that fails leaves the image as it was and says which', async () => {
    const { admin, alice } = world;
    const { id } = await alice.createActive(bytes);
    await admin.post(`/v2/images/${id}/import`, copy({ stores: ['attic', 'broken'] }));
    const image = await alice.until(id, ended);
    expect(image).toMatchObject({ status: 'active', stores: 'slow', os_glance_failed_import: 'attic,broken' });
  });
});

describe('removing the data from one store', () => {
  it('leaves the other copies, and is refused for the last one', async () => {
    const { admin, alice } = world;
    const id = await stageAndImport({ stores: ['slow', 'fast'] });
    await alice.until(id, ended);
    expect(await alice.delete(`/v2/stores/fast/${id}`)).toMatchObject({ status: 403 });
    expect(await admin.delete(`/v2/stores/nowhere/${id}`)).toMatchObject({ status: 409 });
    expect(await admin.delete(`/v2/stores/attic/${id}`)).toMatchObject({ status: 404 });
    expect(await admin.delete(`/v2/stores/fast/${id}`)).toMatchObject({ status: 204 });
    expect(await alice.show(id)).toMatchObject({ stores: 'slow' });
    expect(await admin.delete(`/v2/stores/slow/${id}`)).toMatchObject({ status: 403 });
    expect((await alice.get(`/v2/images/${id}/file`)).bytes.equals(bytes)).toBe(true);
    const queued = await alice.createImage();
    expect(await admin.delete(`/v2/stores/slow/${queued.id}`)).toMatchObject({ status: 409 });
  });
});
