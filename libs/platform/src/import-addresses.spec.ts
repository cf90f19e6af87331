import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { imageReadModel, rebuildCatalog, SealedAddresses } from '#catalog';
import { readConfig } from '#config';
import type { Actor, ImageCommand } from '#domain';
import { Database, EventStore, type Statement } from '#event-store';
import { BuiltinDelegation, openBuiltinIdentity } from '#identity';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.js';
import { scratchDirectory } from '../../../test/services/scratch.js';
import { systemActor } from './cause.js';
import { Images } from './images.js';
import { ImportAddresses } from './import-addresses.js';

const alice: Actor = { userId: 'alice', projectId: 'alpha', roles: ['member', 'reader'] };
const signed = 'https://example.org/disk.raw?X-Amz-Signature=secret&page';
const mirror = 'https://example.net/disk.raw?sig=secret';

let test: TestDatabase;
let database: Database;
let images: Images;
let addresses: ImportAddresses;
beforeAll(async () => {
  test = await createTestDatabase();
  database = new Database({ url: test.url });
  images = new Images(new EventStore(database), readConfig({}), { weights: {} });
  addresses = await installation();
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

/** With a key of its own. */
async function installation(): Promise<ImportAddresses> {
  const directory = scratchDirectory('addresses');
  await openBuiltinIdentity(directory);
  return new ImportAddresses(new SealedAddresses(database), new BuiltinDelegation(directory));
}

type Short<C> = C extends ImageCommand ? Omit<C, 'actor' | 'at'> & { readonly actor?: Actor } : never;
const run = (id: string, command: Short<ImageCommand>, alongside: readonly Statement[] = []) =>
  images.execute(id, { actor: alice, at: new Date(), ...command }, { requestId: null }, undefined, alongside);

interface Requested {
  readonly id: string;
  readonly task: string;
  readonly aliases: readonly [string, string];
}

/** An item of a bulk import with a mirror. */
async function item(): Promise<Requested> {
  const [id, task] = [randomUUID(), randomUUID()];
  const keeper = addresses.keeper();
  const aliases = [keeper.alias(id, signed), keeper.alias(id, mirror)] as const;
  const bulk = { batch: randomUUID(), line: 1, mirrors: [aliases[1]], checksum: null, attempts: 1 };
  const attributes = { disk_format: 'raw', container_format: 'bare' };
  const rest = { requestId: 'r', attributes, uri: aliases[0], stores: ['local'], bulk };
  await run(id, { type: 'ImportItem', id, task, ...rest }, await keeper.statements());
  return { id, task, aliases };
}

/** An import of one image. */
async function download(): Promise<Requested> {
  const [id, task] = [randomUUID(), randomUUID()];
  await run(id, { type: 'CreateImage', id, attributes: { disk_format: 'raw', container_format: 'bare' } });
  const keeper = addresses.keeper();
  const uri = keeper.alias(id, signed);
  const rest = { requestId: 'r', stores: ['local'], everywhere: false, allMustSucceed: true };
  const method = { name: 'web-download', uri } as const;
  await run(id, { type: 'RequestImport', task, method, ...rest }, await keeper.statements());
  return { id, task, aliases: [uri, uri] };
}

const begin = ({ id, task }: Requested) =>
  run(id, { type: 'StartImport', task, attempt: 1, worker: 'w', key: `${id}/1`, actor: systemActor });
const fail = ({ id, task }: Requested, retryAt: Date | null) =>
  run(id, { type: 'FailImport', task, attempt: 1, reason: 'gone', retryAt, actor: systemActor });
const whole = ({ id, aliases }: Requested) => Promise.all(aliases.map((alias) => addresses.whole(id, alias)));
const gone = [undefined, undefined];

describe('the address of an import', () => {
  it('is in the log without the values of its query, and whole for the worker', async () => {
    const one = await item();
    expect(one.aliases[0]).toMatch(/^https:\/\/example\.org\/disk\.raw\?X-Amz-Signature=\*\*\*&\*\*\*#sealed=/);
    const [{ text }] = (await database.query<{ text: string }>({
      text: 'select string_agg(payload::text, $2) as text from events where stream_id = $1',
      values: [`image-${one.id}`, ' '],
    })) as [{ text: string }];
    expect(text).toContain('https://example.net/disk.raw?sig=***#sealed=');
    expect(text).not.toContain('secret');
    expect(await whole(one)).toEqual([signed, mirror]);
  });

  it.each(['https://example.org/disk.raw', 'http://example.org:8080/a%20b/'])(
    'is itself without a query: %s',
    (url) => {
      const keeper = addresses.keeper();
      expect(keeper.alias(randomUUID(), url)).toBe(url);
      return expect(keeper.statements()).resolves.toEqual([]);
    },
  );

  it.each([' \thttps://example.org/disk?sig=secret', 'HTTPS:example.org/disk?sig=secret', 'https://h/?sig=secret#a?b'])(
    'is kept however it is spelled: %j',
    async (url) => {
      const id = randomUUID();
      const keeper = addresses.keeper();
      const alias = keeper.alias(id, url);
      expect(alias).not.toContain('secret');
      await run(
        id,
        { type: 'CreateImage', id, attributes: { disk_format: 'raw', container_format: 'bare' } },
        await keeper.statements(),
      );
      expect(await addresses.whole(id, alias)).toBe(url);
    },
  );

  it('that looks like the alias of another is none', async () => {
    const { aliases } = await item();
    const id = randomUUID();
    const keeper = addresses.keeper();
    const alias = keeper.alias(id, aliases[0]);
    const attributes = { disk_format: 'raw', container_format: 'bare' };
    await run(id, { type: 'CreateImage', id, attributes }, await keeper.statements());
    expect(await addresses.whole(id, alias)).toBe(aliases[0]);
    expect(await addresses.whole(id, aliases[0])).toBeUndefined();
  });

  it('opens for the installation that sealed it only, and for its image', async () => {
    const { id, aliases } = await item();
    expect(await (await installation()).whole(id, aliases[0])).toBeUndefined();
    const another = randomUUID();
    await database.query({
      text: 'update addresses.sealed set image_id = $2 where image_id = $1',
      values: [id, another],
    });
    expect(await addresses.whole(another, aliases[0])).toBeUndefined();
  });
});

describe('is forgotten', () => {
  it('with the last try of an import that nobody can ask for again', async () => {
    const one = await download();
    await begin(one);
    await fail(one, new Date());
    expect(await whole(one)).toEqual([signed, signed]);
    await run(one.id, { type: 'CancelImport', task: one.task, reason: 'enough' });
    expect(await whole(one)).toEqual(gone);
  });

  it('not with the failure of an item, which may be asked for again, but with its data', async () => {
    const one = await item();
    await begin(one);
    await fail(one, null);
    expect(await whole(one)).toEqual([signed, mirror]);
    const again = { ...one, task: randomUUID() };
    await run(one.id, { type: 'RepeatImport', task: again.task, requestId: 'r' });
    await begin(again);
    expect(await whole(again)).toEqual([signed, mirror]);
    const found = { size: 3n, virtualSize: null, md5: 'a'.repeat(32), sha512: 'b'.repeat(128), format: 'raw' as const };
    const step = { task: again.task, attempt: 1, store: 'local', actor: systemActor } as const;
    await run(one.id, { type: 'CompleteImportToStore', ...step, found });
    expect(await whole(again)).toEqual(gone);
  });

  it('with the image', async () => {
    const one = await item();
    await begin(one);
    await fail(one, null);
    await run(one.id, { type: 'DeleteImage' });
    expect(await whole(one)).toEqual(gone);
  });

  it('not by a rebuild of the catalogue', async () => {
    const one = await item();
    const model = imageReadModel({ weights: {}, leaseSeconds: 60 }, (stream, events) => images.fold(stream, events));
    await rebuildCatalog({ url: test.url, models: [model] });
    expect(await whole(one)).toEqual([signed, mirror]);
  });
});
