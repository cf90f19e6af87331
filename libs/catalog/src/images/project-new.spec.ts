import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VersionConflict } from '#event-store';
import { createTestDatabase, type TestDatabase } from '../../../../test/services/database.js';
import { admin, importItem, TestCatalog, type ShortCommand } from '../catalog.spec-kit.js';

let test: TestDatabase;
let vitrine: TestCatalog;
beforeAll(async () => {
  test = await createTestDatabase();
  vitrine = new TestCatalog(test.url, { images: 50n, uploading: -1n, size: -1n, staging: -1n });
});
afterAll(async () => {
  await vitrine.close();
  await test.drop();
});

const at = new Date('2026-01-02T03:04:05.678Z');
const attributes = [
  {},
  { name: 'ü "quoted" \\ {x}', tags: ['a', 'b, "c"', '{}'], os_distro: 'debian', visibility: 'public', min_disk: 7 },
  JSON.parse('{"__proto__": "x", "constructor": "y", "owner": "beta", "protected": true}') as object,
];
const item = (id: string, line: number): ShortCommand => ({
  ...importItem(id, { ...attributes[line % 3] }, { line }),
  ...{ actor: admin, at },
});

describe('images that begin together', () => {
  it('have the rows that they would have if each had begun alone', async () => {
    const together = Array.from({ length: 6 }, () => randomUUID());
    const alone = together.map(() => randomUUID());
    const before = await vitrine.usage();
    await vitrine.runNew(...together.map((id, line) => [id, item(id, line)] as const));
    const between = await vitrine.usage();
    for (const [line, id] of alone.entries()) await vitrine.run(id, item(id, line));
    const after = await vitrine.usage();

    expect(before).toEqual([]);
    for (const [n, id] of together.entries()) {
      const rows = JSON.stringify(await vitrine.rows(id)).replaceAll(id, alone[n]!);
      expect(JSON.parse(rows)).toEqual(JSON.parse(JSON.stringify(await vitrine.rows(alone[n]))));
      expect((await vitrine.rows(id)).items).toHaveLength(1);
    }
    const doubled = (between as { project: string; images: string; uploading: string }[]).map((row) => ({
      ...row,
      ...{ images: String(2 * Number(row.images)), uploading: String(2 * Number(row.uploading)) },
    }));
    expect(doubled).toHaveLength(2);
    expect(after).toEqual(doubled);
  });

  it('begin all or none: one that there was before is a conflict', async () => {
    const [old, ...fresh] = Array.from({ length: 3 }, () => randomUUID());
    await vitrine.run(old!, item(old!, 1));
    await expect(vitrine.runNew(...[...fresh, old!].map((id) => [id, item(id, 1)] as const))).rejects.toBeInstanceOf(
      VersionConflict,
    );
    for (const id of fresh) expect((await vitrine.images.load(id)).version).toBe(0);
  });

  it('are refused together when a quota has no room for all of them', async () => {
    const ids = Array.from({ length: 60 }, () => randomUUID());
    const head = await vitrine.store.head();
    await expect(vitrine.runNew(...ids.map((id) => [id, item(id, 0)] as const))).rejects.toMatchObject({
      code: 'quota-exceeded',
    });
    expect(await vitrine.store.head()).toBe(head);
  });
});
