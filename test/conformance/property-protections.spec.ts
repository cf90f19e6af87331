import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../services/client.js';
import { startCloud } from '../services/cloud.js';

const protections = `
[^x_internal]
create = admin
read = admin
update = admin
delete = admin

[^x_fixed$]
create = @
read = @
update = !
delete = !

[^x_]
create = @
read = @
update = @
delete = @
`;

let world: Awaited<ReturnType<typeof startCloud>>;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-protections-'));
  const file = join(directory, 'property-protections.conf');
  writeFileSync(file, protections);
  world = await startCloud({ VITRINE_PROPERTY_PROTECTION_FILE: file });
});
afterAll(async () => {
  await world.cloud.remove();
  rmSync(directory, { recursive: true });
});

/** alice's image with a property that only admins may know of. */
async function imageOfAlice(): Promise<string> {
  const { admin, alice } = world;
  const { id } = await alice.createActive(Buffer.from('data'), { x_color: 'red', x_fixed: '1' });
  const answer = await admin.patch(id, [{ op: 'add', path: '/x_internal_cost', value: '42' }]);
  expect(answer).toMatchObject({ status: 200, json: { x_internal_cost: '42', x_color: 'red' } });
  return id;
}

const listed = async (who: Client, query: string) => (await who.get(`/v2/images?${query}`)).images;

describe('a property that the caller may not read', () => {
  it('is in no image that he is shown, and the rest is', async () => {
    const { admin, alice } = world;
    const id = await imageOfAlice();
    const { x_internal_cost: cost, ...rest } = await admin.show(id);
    expect(cost).toBe('42');
    expect(await alice.show(id)).toEqual(rest);
    expect((await listed(alice, `id=${id}`))[0]).toEqual(rest);
    expect((await listed(admin, `id=${id}`))[0]).toEqual({ ...rest, x_internal_cost: '42' });
    expect(await alice.show(id)).toMatchObject({ size: 4, x_color: 'red', x_fixed: '1' });
    const renamed = await alice.patch(id, [{ op: 'replace', path: '/name', value: 'new' }]);
    expect(renamed.json).toMatchObject({ name: 'new', x_color: 'red' });
    expect(renamed.json).not.toHaveProperty('x_internal_cost');
  });

  it('is in no task that made an image with it, nor in the history of that', async () => {
    const { admin, alice } = world;
    const image_properties = {
      container_format: 'bare',
      x_color: 'red',
      x_internal_cost: '42',
      owner: alice.projectId,
    };
    const input = { import_from: 'http://nowhere.invalid/', import_from_format: 'raw', image_properties };
    const { image_id: id } = (await admin.post('/v2/tasks', { type: 'import', input })).json as { image_id: string };
    const asked = async (who: Client) => {
      const [task] = (await who.get(`/v2/images/${id}/tasks`)).json.tasks as { input: object }[];
      const requested = (await who.history(id)).find(({ type }) => type === 'ImageImportRequested');
      return [task!.input, requested!.data.task_input];
    };
    expect(await asked(admin)).toEqual([input, input]);
    const { x_internal_cost: _cost, ...shown } = image_properties;
    const readable = { ...input, image_properties: shown };
    expect(await asked(alice)).toEqual([readable, readable]);
  });

  it('is not found by filters, which would tell its value', async () => {
    const { admin, alice } = world;
    const id = await imageOfAlice();
    const idsBy = async (who: Client, query: string) => (await listed(who, `${query}&id=${id}`)).map((one) => one.id);
    expect(await idsBy(admin, 'x_internal_cost=42')).toEqual([id]);
    expect(await idsBy(alice, 'x_internal_cost=42')).toEqual([]);
    expect(await idsBy(alice, 'x_color=red')).toEqual([id]);
    expect(await alice.get('/v2/images?x_internal_cost=42')).toMatchObject({ status: 200 });
  });

  it('is not in the history that he reads, where everything else is', async () => {
    const { admin, alice, bob } = world;
    const id = await imageOfAlice();
    await alice.post(`/v2/images/${id}/members`, { member: bob.projectId });
    const told = await alice.get(`/vitrine/v1/images/${id}/history`);
    expect(told.text).not.toMatch(/x_internal|"42"/);
    const events = await alice.history(id);
    expect(events.find(({ type }) => type === 'ImageCreated')).toMatchObject({
      data: { properties: { x_color: 'red' } },
      changes: { x_color: { from: null, to: 'red' } },
    });
    expect(events.find(({ type }) => type === 'ImageMemberAdded')!.changes).toEqual({
      [`member ${bob.projectId}`]: { from: null, to: 'pending' },
    });
    expect((await admin.history(id)).find(({ type }) => type === 'ImagePropertiesChanged')).toMatchObject({
      data: { changes: { x_internal_cost: { from: null, to: '42' } } },
    });
  });

  it('cannot be changed by him, and the answer does not tell whether it is there', async () => {
    const { admin, alice } = world;
    const id = await imageOfAlice();
    for (const path of ['/x_internal_cost', '/x_internal_nothing']) {
      expect(await alice.patch(id, [{ op: 'replace', path, value: '1' }])).toMatchObject({ status: 403 });
      expect(await alice.patch(id, [{ op: 'add', path, value: '1' }])).toMatchObject({ status: 403 });
      expect(await alice.patch(id, [{ op: 'remove', path }])).toMatchObject({ status: 403 });
    }
    expect(await admin.show(id)).toMatchObject({ x_internal_cost: '42' });
  });

  it('changes nothing about downloads', async () => {
    const { admin, alice } = world;
    const id = await imageOfAlice();
    const [hers, admins] = [await alice.get(`/v2/images/${id}/file`), await admin.get(`/v2/images/${id}/file`)];
    expect(hers.text).toBe('data');
    expect(Object.keys(hers.headers).sort()).toEqual(Object.keys(admins.headers).sort());
  });
});

describe('a write that is not permitted', () => {
  it('is 403 and says of which property, and nothing of the request is done', async () => {
    const { alice } = world;
    const id = await imageOfAlice();
    const answer = await alice.patch(id, [
      { op: 'replace', path: '/x_color', value: 'blue' },
      { op: 'replace', path: '/x_fixed', value: '2' },
    ]);
    expect(answer.status).toBe(403);
    expect(answer.json.message).toContain('update property x_fixed');
    expect(await alice.patch(id, [{ op: 'remove', path: '/x_fixed' }])).toMatchObject({ status: 403 });
    expect(await alice.show(id)).toMatchObject({ x_color: 'red', x_fixed: '1' });
  });

  it('is one of a new image, too, and of a property that no section names', async () => {
    const { admin, alice } = world;
    expect(await alice.post('/v2/images', { x_internal_cost: '1' })).toMatchObject({ status: 403 });
    expect(await admin.post('/v2/images', { x_internal_cost: '1' })).toMatchObject({ status: 201 });
    expect(await admin.post('/v2/images', { os_distro: 'debian' })).toMatchObject({ status: 403 });
  });
});
