import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { TestInstallation } from './platform.spec-kit.js';

let test: TestDatabase;
let vitrine: TestInstallation;
beforeAll(async () => {
  test = await createTestDatabase();
  vitrine = new TestInstallation(test.url);
});
afterAll(async () => {
  await vitrine.close();
  await test.drop();
});

const exists = { code: 'namespace-exists', details: { namespace: 'Raced' } };

it('a name that is wanted by many at once is given to one; the others are refused by the rule', async () => {
  const made = await Promise.allSettled(Array.from({ length: 8 }, () => vitrine.createNamespace('Raced')));
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of made) if (one.status === 'rejected') expect(one.reason).toMatchObject(exists);
});

it('a name that is taken is refused to whoever comes later, also by renaming', async () => {
  await expect(vitrine.createNamespace('Raced')).rejects.toMatchObject(exists);
  const { id } = await vitrine.createNamespace('Other');
  const rename = { type: 'ChangeNamespace', given: { namespace: 'Raced', owner: 'admin' } } as const;
  await expect(vitrine.run(id, rename)).rejects.toMatchObject(exists);
  expect(await vitrine.names()).toEqual(['Other', 'Raced']);
});

it('keeps with every event who it was and on whose request', async () => {
  const [event] = await vitrine.store.readFeed(0n, 1);
  expect(event).toMatchObject({
    actor: { user_id: 'vitrine', project_id: null, roles: ['system'] },
    ...{ type: 'MetadefNamespaceCreated', requestId: 'req-1' },
  });
});
