import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { imageReadModel, rebuildCatalog, WorkQueue } from '#catalog';
import { readConfig } from '#config';
import type { Actor, ImageCommand } from '#domain';
import { Database, EventStore, type Statement } from '#event-store';
import { BuiltinDelegation, openBuiltinIdentity, type BuiltinIdentity } from '#identity';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { scratchDirectory } from '../../../test/services/scratch.js';
import { systemActor } from './cause.js';
import { Images } from './images.js';
import { ImportCredentials } from './import-credentials.js';

const alice: Actor = { userId: 'alice', projectId: 'alpha', roles: ['member', 'reader'] };
const later = () => new Date(Date.now() + 60_000);

let test: TestDatabase;
let database: Database;
let images: Images;
let work: WorkQueue;
let identity: BuiltinIdentity;
let credentials: ImportCredentials;
beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url });
  images = new Images(new EventStore(database), readConfig({}), { weights: {} });
  work = new WorkQueue(database, 60);
  const directory = scratchDirectory('credentials');
  ({ identity } = await openBuiltinIdentity(directory));
  credentials = new ImportCredentials(work, new BuiltinDelegation(directory));
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

type Short<C> = C extends ImageCommand ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor } : never;
const run = (id: string, command: Short<ImageCommand>, alongside: readonly Statement[] = []) => {
  const whole = { actor: alice, at: new Date(), ...command };
  return images.execute(id, whole, { requestId: null }, undefined, alongside);
};

/** An image with an import that has somebody's rights. */
async function requested(expiresAt = later()): Promise<{ readonly id: string; readonly task: string }> {
  const [id, task] = [randomUUID(), randomUUID()];
  await run(id, { type: 'CreateImage', id, attributes: { disk_format: 'raw', container_format: 'bare' } });
  const method = { name: 'web-download', uri: 'http://h/' } as const;
  const rest = { requestId: 'r', stores: ['local'], everywhere: false, allMustSucceed: true };
  const alongside = [await credentials.keep(id, task, { token: 'token of alice', expiresAt })];
  await run(id, { type: 'RequestImport', task, method, ...rest }, alongside);
  return { id, task };
}

describe('the rights of whoever asked for an import', () => {
  it('are there for the worker from the moment that the import is requested until it ends', async () => {
    const { id, task } = await requested();
    const headers = () => credentials.headers(id, task);
    expect(await headers()).toEqual({ 'x-auth-token': 'token of alice' });
    const attempt = { task, attempt: 1, actor: systemActor } as const;
    await run(id, { type: 'StartImport', ...attempt, worker: 'w', key: `${id}/1` });
    expect(await headers()).toEqual({ 'x-auth-token': 'token of alice' });
    await run(id, { type: 'FailImport', ...attempt, reason: 'busy', retryAt: new Date() });
    expect(await headers()).toEqual({ 'x-auth-token': 'token of alice' });
    await run(id, { type: 'StartImport', ...attempt, attempt: 2, worker: 'w', key: `${id}/2` });
    await run(id, { type: 'FailImport', ...attempt, attempt: 2, reason: 'gone', retryAt: null });
    expect(await headers()).toBeUndefined();
  });

  it('are of no use to another task or another installation', async () => {
    const { id, task } = await requested();
    expect(await credentials.headers(id, randomUUID())).toBeUndefined();
    const directory = scratchDirectory('another');
    await openBuiltinIdentity(directory);
    expect(await new ImportCredentials(work, new BuiltinDelegation(directory)).headers(id, task)).toBeUndefined();
  });

  it('come with the token of the service once they have expired', async () => {
    const { id, task } = await requested(new Date(Date.now() - 1000));
    const { 'x-auth-token': own, 'x-service-token': service } = (await credentials.headers(id, task))!;
    expect(own).toBe('token of alice');
    expect(await identity.authenticate(service!)).toMatchObject({ userName: 'glance', roles: ['service'] });
  });

  it('are in no row as they are, and none are kept when the import is refused', async () => {
    const { id } = await requested();
    const dump = async () =>
      (
        await database.query<{ all: string }>({
          text: `select string_agg(w::text, '') as all from catalog.work w`,
          values: [],
        })
      )[0]!.all;
    expect(await dump()).toContain(id);
    expect(await dump()).not.toContain('token of alice');
    expect(await dump()).not.toContain(Buffer.from('token of alice').toString('hex'));
    const method = { name: 'web-download', uri: 'http://h/' } as const;
    const again = {
      type: 'RequestImport',
      task: 'x',
      requestId: 'r',
      method,
      stores: ['local'],
      everywhere: false,
      allMustSucceed: true,
    } as const;
    const alongside = [await credentials.keep(id, 'x', { token: 'another', expiresAt: later() })];
    await expect(run(id, again, alongside)).rejects.toMatchObject({ code: 'import-in-progress' });
    expect(await credentials.headers(id, 'x')).toBeUndefined();
  });

  it('outlive a rebuild of the catalogue, of an import that waits and of one that runs', async () => {
    const [waiting, running] = [await requested(), await requested()];
    const { id, task } = running;
    await run(id, { type: 'StartImport', actor: systemActor, task, attempt: 1, worker: 'w', key: `${id}/1` });
    const model = imageReadModel({ weights: {}, leaseSeconds: 60 }, (stream, events) => images.fold(stream, events));
    await rebuildCatalog({ url: test.url, models: [model] });
    for (const one of [waiting, running]) {
      expect(await credentials.headers(one.id, one.task)).toEqual({ 'x-auth-token': 'token of alice' });
    }
  });
});
