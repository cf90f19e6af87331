import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { metadefEventVersions, type MetadefNamespace } from '#domain';
import { VersionConflict } from '#event-store';
import { pick, randomFrom } from '../catalog.spec-kit.js';
import { namespaceSummary } from './metadef-document.js';
import { create, MetadefWalk, rename, TestMetadefs } from './metadef.spec-kit.js';

let metadefs: TestMetadefs;

beforeAll(async () => {
  metadefs = await TestMetadefs.create();
});
afterAll(() => metadefs.close());

describe('whatever was done, the rows are a function of where it led', () => {
  const seen = new Set<string>();

  it.each([1, 2, 3, 4])('after each of 100 commands on some namespaces (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const walks = Array.from({ length: 3 }, () => new MetadefWalk(randomUUID(), random));
    for (let step = 0; step < 100; step++) {
      const walk = pick(random, walks);
      const command = walk.next((await metadefs.runner.load(walk.id)).state);
      if (command) await metadefs.run(walk.id, command);
      else walks.splice(walks.indexOf(walk), 1, new MetadefWalk(randomUUID(), random));
      // From the log, not from the command: what a rebuild would see.
      const { state, version } = await metadefs.runner.load(walk.id);
      expect(await metadefs.rows(walk.id)).toEqual(expectedRows(state!, version));
      expect(await metadefs.catalog.find(state!.namespace)).toEqual(expectedNamespace(state!));
    }
    for (const { type } of await metadefs.store.readFeed(0n, 10_000)) seen.add(type);
  });

  it('and the walks met every event that there is', () => {
    expect([...seen].sort()).toEqual(Object.keys(metadefEventVersions).sort());
  });
});

function expectedRows(state: MetadefNamespace, version: number) {
  const { objects, properties, tags, resourceTypes } = state;
  const row = {
    ...{ id: state.id, version: String(version), namespace: state.namespace, display_name: state.display_name },
    ...{ description: state.description, visibility: state.visibility, protected: state.protected },
    ...{ owner: state.owner, created_at: state.createdAt, updated_at: state.updatedAt },
    resource_types: resourceTypes.map(({ name }) => name),
    contents: JSON.parse(JSON.stringify({ objects, properties, tags, resourceTypes })) as object,
    summary: JSON.stringify(namespaceSummary(state)),
  };
  return {
    namespaces: state.deletedAt === null ? [row] : [],
    resourceTypes: state.knownResourceTypes
      .map(({ name, since }) => ({ namespace_id: state.id, name, since }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function expectedNamespace({ knownResourceTypes: _, deletedAt, ...shown }: MetadefNamespace) {
  return deletedAt === null ? shown : undefined;
}

describe('a name', () => {
  it('is free again after its namespace was deleted or renamed', async () => {
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    await metadefs.run(one, create(one, 'Free'), { type: 'DeleteNamespace' });
    await metadefs.run(two, create(two, 'Free'), rename('Away'));
    await metadefs.run(three, create(three, 'Free'));
    expect(await metadefs.catalog.find('Free')).toMatchObject({ id: three });
    expect(await metadefs.catalog.find('Away')).toMatchObject({ id: two });
  });

  it('has one namespace: who comes second is told which rule it was, and leaves no event', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await metadefs.run(one, create(one, 'Taken'));
    const taken = { name: 'VersionConflict', constraint: 'metadef_namespaces_namespace_key' };
    await expect(metadefs.run(two, create(two, 'Taken'))).rejects.toMatchObject(taken);
    expect(await metadefs.store.readStream(`metadef-${two}`)).toEqual([]);
    await metadefs.run(two, create(two, 'Other'));
    await expect(metadefs.run(two, rename('Taken'))).rejects.toMatchObject(taken);
    expect(await metadefs.catalog.find('Other')).toMatchObject({ id: two });
  });

  it('of 12 namespaces made at once is given to one', async () => {
    const made = await Promise.allSettled(
      Array.from({ length: 12 }, () => randomUUID()).map((id) => metadefs.run(id, create(id, 'Wanted'))),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of made) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(VersionConflict);
  });

  it('that two namespaces swap back and forth never ends in anything but a conflict', async () => {
    const ids = [randomUUID(), randomUUID()] as const;
    for (const [index, id] of ids.entries()) await metadefs.run(id, create(id, `Swap ${index}`));
    for (let round = 0; round < 20; round++) {
      const swaps = ids.map((id, index) => metadefs.run(id, rename(`Swap ${(index + round) % 2}`)));
      for (const one of await Promise.allSettled(swaps)) {
        if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(VersionConflict);
      }
    }
    const { namespaces } = await metadefs.rows();
    expect(namespaces.filter((row) => ids.includes((row as { id: (typeof ids)[0] }).id))).toHaveLength(2);
  });
});
