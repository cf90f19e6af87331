import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewEvent } from '#event-store';
import { pick, randomFrom, TestCatalog } from '../catalog.spec-kit.js';
import { create, MetadefWalk, rename, TestMetadefs } from './metadef.spec-kit.js';
import { Bystander, rebuild } from '../rebuild.spec-kit.js';

let vitrine: TestCatalog;
let metadefs: TestMetadefs;
let bystander: Bystander;

beforeAll(async () => {
  vitrine = await TestCatalog.create();
  metadefs = new TestMetadefs(vitrine.url);
  bystander = await Bystander.at(vitrine.url);
  const random = randomFrom(7);
  const walks = Array.from({ length: 12 }, () => new MetadefWalk(randomUUID(), random));
  for (let step = 0; step < 200; step++) {
    const walk = pick(random, walks);
    const command = walk.next((await metadefs.runner.load(walk.id)).state);
    if (command) await metadefs.run(walk.id, command);
  }
});
afterAll(async () => {
  await bystander.close();
  await metadefs.close();
  await vitrine.close();
});

const state = async (id: string) => (await metadefs.runner.load(id)).state!;

describe('the rebuilt metadata definitions', () => {
  it('are the live ones: every row, every column', async () => {
    const rows = await metadefs.rows();
    expect(rows.namespaces.length).toBeGreaterThan(3);
    expect(rows.resourceTypes.length).toBeGreaterThan(rows.namespaces.length);
    await rebuild(vitrine);
    expect(await metadefs.rows()).toEqual(rows);
  });

  it('heal rows that were lost, changed or made up', async () => {
    const rows = await metadefs.rows();
    await bystander.run(`
      update catalog.metadef_namespaces set contents = '{}', summary = '';
      delete from catalog.metadef_namespaces where id = (select min(id::text)::uuid from catalog.metadef_namespaces);
      insert into catalog.metadef_resource_types values (gen_random_uuid(), 'OS::Made::Up', now())`);
    expect(await metadefs.rows()).not.toEqual(rows);
    await rebuild(vitrine);
    expect(await metadefs.rows()).toEqual(rows);
  });

  it('have names that went from one namespace to another while the rebuild waited for its switch', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await metadefs.run(one, create(one, 'One'));
    await metadefs.run(two, create(two, 'Two'));
    await bystander.readTables();
    const rebuilding = rebuild(vitrine);
    await bystander.untilRebuildWaits();
    await metadefs.run(one, rename('Aside'));
    await metadefs.run(two, rename('One'));
    await metadefs.run(one, rename('Two'));
    const rows = await metadefs.rows();
    await bystander.run('rollback');
    await rebuilding;
    expect(await metadefs.rows()).toEqual(rows);
    expect([(await state(one)).namespace, (await state(two)).namespace]).toEqual(['Two', 'One']);
  });

  it('have names that went on while the log was read', async () => {
    // The first and the last stream, with more than one batch of events between them.
    const [first, between, last] = [0, 0, 0xf].map((digit, n) =>
      randomUUID().replace(/^../, `${digit.toString(16)}${n}`),
    );
    await metadefs.run(first!, create(first!, 'Early'));
    await metadefs.run(between!, create(between!, 'Busy', { tags: [{ name: 't1' }] }));
    for (let version = 2; version < 5_502; version += 500) await metadefs.store.append(renames(between!, version, 500));
    await metadefs.run(between!, { type: 'AddNamespaceTag', name: 'last' });
    let moved = false;
    await rebuild(vitrine, async () => {
      if (moved) return;
      moved = true;
      await metadefs.run(first!, rename('Left'));
      await metadefs.run(last!, create(last!, 'Early'));
    });
    expect(moved).toBe(true);
    const rows = await metadefs.rows();
    expect(await metadefs.catalog.find('Early')).toMatchObject({ id: last });
    await rebuild(vitrine);
    expect(await metadefs.rows()).toEqual(rows);
  });
});

/** The tag of a namespace gets so many new names. */
function renames(id: string, version: number, count: number): NewEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    ...{ streamId: `metadef-${id}`, version: version + n, eventId: randomUUID(), recordedAt: new Date() },
    ...{ type: 'MetadefTagRenamed', schemaVersion: 1 },
    payload: { from: `t${version + n - 1}`, to: `t${version + n}` },
    actor: { user_id: 'admin', project_id: 'admin', roles: ['admin'] },
    ...{ projectId: 'admin', requestId: null, causationId: null, correlationId: null },
  }));
}
