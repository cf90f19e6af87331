import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { namespaceSeeds } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { TestInstallation } from './platform.spec-kit.js';
import { seedMetadefs } from './seed-metadefs.js';

let test: TestDatabase;
let vitrine: TestInstallation;
beforeEach(async () => {
  test = await createTestDatabase();
  vitrine = new TestInstallation(test.url);
});
afterEach(async () => {
  await vitrine.close();
  await test.drop();
});

const all = namespaceSeeds.map(({ given }) => given.namespace).sort();
const [first, second] = namespaceSeeds as [(typeof namespaceSeeds)[0], (typeof namespaceSeeds)[0]];
const body = { owner: 'admin', protected: false };

it('the starting set comes once, also when several processes start at the same time', async () => {
  const seeded = await Promise.all(Array.from({ length: 4 }, () => seedMetadefs(vitrine.url)));
  expect(seeded.flat().sort()).toEqual(all);
  expect(await vitrine.names()).toEqual(all);
  expect(await vitrine.store.head()).toBe(BigInt(all.length));
  expect(await seedMetadefs(vitrine.url)).toEqual([]);
  expect(await vitrine.store.head()).toBe(BigInt(all.length));
});

it('what an admin has deleted or renamed does not come back', async () => {
  await seedMetadefs(vitrine.url);
  await vitrine.run(first.id, { type: 'ChangeNamespace', given: { ...body, namespace: first.given.namespace } });
  await vitrine.run(first.id, { type: 'DeleteNamespace' });
  await vitrine.run(second.id, { type: 'ChangeNamespace', given: { ...body, namespace: 'Mine' } });
  expect(await seedMetadefs(vitrine.url)).toEqual([]);
  expect(await vitrine.names()).toEqual(
    ['Mine', ...all].filter((name) => ![first, second].some(({ given }) => given.namespace === name)),
  );
});

it('a name that somebody has taken stays theirs', async () => {
  const { id } = await vitrine.createNamespace(first.given.namespace);
  expect((await seedMetadefs(vitrine.url)).sort()).toEqual(all.filter((name) => name !== first.given.namespace));
  expect(await vitrine.store.readStream(`metadef-${first.id}`)).toEqual([]);
  expect(await vitrine.store.readStream(`metadef-${id}`)).toHaveLength(1);
});
