import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Client, type ImageJson } from '../services/client.js';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
let served: Buffer;
beforeAll(async () => {
  web = await startWebServer((_request, answer) => answer.end(served));
  world = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: String(web.port) });
});
afterAll(async () => {
  await web.stop();
  await world.cloud.remove();
});

const store = () => join(world.cloud.directory, 'images');

/** Objects of this size, which only the data of one spec has. */
async function objectsOf({ length }: Buffer): Promise<string[]> {
  // Folders go with their last object while this looks on.
  const filesIn = async (folder: string) =>
    (await readdir(join(store(), folder)).catch(() => [])).map((file) => join(store(), folder, file));
  const files = (await Promise.all((await readdir(store())).map(filesIn))).flat();
  return files.filter((file) => statSync(file, { throwIfNoEntry: false })?.size === length);
}

const untilObjects = (bytes: Buffer, count: number) =>
  eventually(
    () => objectsOf(bytes),
    ({ length }) => length === count,
    'the store',
  );

async function importFor(client: Client, bytes: Buffer): Promise<ImageJson> {
  served = bytes;
  const { id } = await client.createImage();
  const method = { name: 'web-download', uri: `${web.url}/image` };
  expect(await client.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 202 });
  return client.until(id, ({ status }) => status === 'active');
}

const has = async (client: Client, { id }: ImageJson, bytes: Buffer) =>
  (await client.get(`/v2/images/${id}/file`)).bytes.equals(bytes);

describe('equal data in one store', () => {
  it('is one object, however it came, that stays until the last of its images is gone', async () => {
    const { alice } = world;
    const bytes = randomBytes(100_001);
    const [uploaded, imported] = [await alice.createActive(bytes), await importFor(alice, bytes)];
    await untilObjects(bytes, 1);
    const again = await alice.createActive(bytes);
    await untilObjects(bytes, 1);

    for (const gone of [uploaded, again]) {
      await alice.delete(`/v2/images/${gone.id}`);
      await eventually(
        async () => (await alice.history(gone.id)).map(({ type }) => type),
        (types) => types.includes('ImageDataPurged'),
        'the purge',
      );
      expect(await has(alice, imported, bytes)).toBe(true);
    }
    await alice.delete(`/v2/images/${imported.id}`);
    await untilObjects(bytes, 0);
  });

  it('is one object when all of it comes at the same moment', async () => {
    const { alice } = world;
    const bytes = randomBytes(100_002);
    const images = await Promise.all(Array.from({ length: 12 }, () => alice.createActive(bytes)));
    await untilObjects(bytes, 1);
    for (const image of images) expect(await has(alice, image, bytes)).toBe(true);
  });

  it('is never lost, while images that have it come and go', async () => {
    const { alice } = world;
    const bytes = randomBytes(100_003);
    let last = await alice.createActive(bytes);
    for (let round = 0; round < 40; round++) {
      const [next] = await Promise.all([alice.createActive(bytes), alice.delete(`/v2/images/${last.id}`)]);
      expect(await has(alice, next, bytes)).toBe(true);
      last = next;
    }
    await alice.delete(`/v2/images/${last.id}`);
    await untilObjects(bytes, 0);
  });

  it('of another project is not shared unless everybody sees the image', async () => {
    const { admin, alice, bob } = world;
    const bytes = randomBytes(100_004);
    const secret = await alice.createActive(bytes);
    await bob.createActive(bytes);
    expect(await objectsOf(bytes)).toHaveLength(2);

    const open = randomBytes(100_005);
    await admin.createActive(open, { visibility: 'public' });
    await bob.createActive(open);
    expect(await objectsOf(open)).toHaveLength(1);
    expect(await has(alice, secret, bytes)).toBe(true);
  });

  it('is written anew when the store has lost it', async () => {
    const { alice } = world;
    const bytes = randomBytes(100_006);
    const { id } = await alice.createActive(bytes);
    expect(readdirSync(join(store(), id))).toHaveLength(1);
    rmSync(join(store(), id), { recursive: true });
    const image = await importFor(alice, bytes);
    expect(await has(alice, image, bytes)).toBe(true);
  });
});
