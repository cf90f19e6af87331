import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BlobPlaces, type HeldPlaces } from './blob-places.js';
import { completeUpload, create, startUpload, TestCatalog, type ShortCommand } from '../catalog.spec-kit.js';

let vitrine: TestCatalog;
let places: BlobPlaces;
beforeAll(async () => {
  vitrine = await TestCatalog.create();
  places = new BlobPlaces(vitrine.database);
});
afterAll(() => vitrine.close());

const upload = (key: string, store = 'local'): ShortCommand =>
  ({ ...startUpload('', 'a1'), store, key }) as ShortCommand;
const doom: ShortCommand = { type: 'DeleteImage' };

async function imageAfter(...then: ShortCommand[]): Promise<string> {
  const id = randomUUID();
  await vitrine.run(id, create(id), ...then);
  return id;
}
const isInUse = (key: string) => places.alone((held) => held.isInUse({ store: 'local', key }));

describe('an object', () => {
  it('is in use while any image has it, or one is only writing it, and not for those that have given it up', async () => {
    const key = `${randomUUID()}/shared`;
    await imageAfter(upload(key), completeUpload(), doom);
    expect(await isInUse(key)).toBe(false);
    for (const sharing of [[upload(key)], [upload(key), completeUpload()]]) {
      const other = await imageAfter(...sharing);
      expect(await isInUse(key)).toBe(true);
      await vitrine.run(other, doom);
      expect(await isInUse(key)).toBe(false);
    }
  });

  it('in another store under the same key is another object', async () => {
    const key = `${randomUUID()}/same`;
    await imageAfter(upload(key, 'ceph'));
    expect(await isInUse(key)).toBe(false);
  });
});

describe('a place or data that is held', () => {
  const name = { store: 'local', key: `${randomUUID()}/held` };
  it.each([
    ['place', (held: HeldPlaces) => held.holdPlace(name)],
    ['data', (held: HeldPlaces) => held.holdData('local', 'ab'.repeat(64))],
  ])('keeps the next one who wants the same %s waiting, and nobody else', async (_what, hold) => {
    const told: string[] = [];
    let letGo!: () => void;
    const first = places.alone(async (held) => {
      await hold(held);
      told.push('first has it');
      await new Promise<void>((resolve) => (letGo = resolve));
      told.push('first is done');
    });
    while (told.length === 0) await new Promise(setImmediate);
    const second = places.alone(async (held) => {
      await hold(held);
      told.push('second has it');
    });
    await places.alone((held) => held.holdPlace({ ...name, store: 'ceph' }));
    await places.alone((held) => held.holdData('ceph', 'ab'.repeat(64)));
    letGo();
    await Promise.all([first, second]);
    expect(told).toEqual(['first has it', 'first is done', 'second has it']);
  });
});
