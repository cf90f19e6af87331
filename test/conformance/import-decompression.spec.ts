import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as make from '../services/built-images.js';
import { startCloud } from '../services/cloud.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const disk = randomBytes(200_000);
const sha512 = createHash('sha512').update(disk).digest('hex');
const compressed = (program: string, input: Buffer) => execFileSync(program, ['-c'], { input, maxBuffer: 1 << 30 });
const files: Record<string, Buffer> = {
  gzip: gzipSync(disk),
  xz: compressed('xz', disk),
  bzip2: compressed('bzip2', disk),
  zstd: compressed('zstd', disk),
  twice: gzipSync(gzipSync(make.qcow2())),
  hostile: gzipSync(make.qcow2([72, 4, 'u64be'])),
  bomb: execFileSync('sh', ['-c', `head -c ${100 << 20} /dev/zero | bzip2 -c`]),
  damaged: gzipSync(disk).subarray(0, 100_000),
};

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
beforeAll(async () => {
  web = await startWebServer((request, answer) => answer.end(files[request.url!.slice(1)]));
  world = await startCloud({
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_IMPORT_DECOMPRESS: 'gzip,xz,bzip2,zstd',
  });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
});

async function imported(file: string, formats: object = {}) {
  const { alice } = world;
  const { id } = await alice.createImage(formats);
  const method = { name: 'web-download', uri: `${web.url}/${file}` };
  expect(await alice.post(`/v2/images/${id}/import`, { method })).toMatchObject({ status: 202 });
  return alice.until(id, ({ status }) => status !== 'importing');
}

describe('an import of compressed data, where that is decompressed', () => {
  it.each(['gzip', 'xz', 'bzip2', 'zstd'])(
    'by %s is of what was inside, and the history says how it came',
    async (file) => {
      const { alice } = world;
      const image = await imported(file);
      expect(image).toMatchObject({
        status: 'active',
        size: disk.length,
        virtual_size: disk.length,
        os_hash_value: sha512,
      });
      expect((await alice.get(`/v2/images/${image.id}/file`)).bytes.equals(disk)).toBe(true);
      expect((await alice.history(image.id)).find(({ type }) => type === 'ImageDataDecompressed')).toMatchObject({
        data: { attempt: 1, format: file, size: String(files[file]!.length) },
      });
    },
  );

  it('that was staged is the same', async () => {
    const { alice } = world;
    const { id } = await alice.createImage();
    await alice.put(`/v2/images/${id}/stage`, files.zstd);
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } });
    expect(await alice.until(id, ({ size }) => size !== null)).toMatchObject({ os_hash_value: sha512 });
  });

  it.each([
    ['compressed', { container_format: 'compressed' }],
    ['aki', { disk_format: 'aki', container_format: 'aki' }],
  ])('stays compressed where container_format is %s', async (_, formats) => {
    const image = await imported('gzip', formats);
    expect(image).toMatchObject({ status: 'active', size: files.gzip!.length, ...formats });
  });

  it.each([
    ['hostile', 'qcow2', '(qcow2-data-file)'],
    ['twice', 'qcow2', '(format-mismatch)'],
    ['bomb', 'raw', '(decompression-bomb)'],
    ['damaged', 'raw', '(compression-damaged)'],
  ])('that is %s is refused once and for all, with the reason, and no byte is kept', async (file, format, reason) => {
    const { alice, cloud } = world;
    const { id, ...image } = await imported(file, { disk_format: format });
    expect(image).toMatchObject({ status: 'queued', size: null, os_glance_failed_import: 'local' });
    const failures = (await alice.history(id)).filter(({ type }) => type === 'ImageImportFailed');
    expect(failures.map(({ data }) => data)).toEqual([
      expect.objectContaining({ attempt: 1, retry_at: null, reason: expect.stringContaining(reason) }),
    ]);
    const [task] = (await alice.get(`/v2/images/${id}/tasks`)).json.tasks as { message: string }[];
    expect(task!.message).toContain(reason);
    await cloud.untilObjects(id, 0);
  });

  it('is not one of an upload', async () => {
    expect(await world.alice.createActive(files.gzip!)).toMatchObject({ size: files.gzip!.length });
  });
});

it('where it is not switched on, compressed data stays so', async () => {
  const other = await startCloud({ VITRINE_IMPORT_ALLOWED_PORTS: String(web.port), VITRINE_IMPORT_DECOMPRESS: 'xz' });
  try {
    const { id } = await other.alice.createImage();
    const method = { name: 'web-download', uri: `${web.url}/gzip` };
    await other.alice.post(`/v2/images/${id}/import`, { method });
    const image = await other.alice.until(id, ({ status }) => status !== 'importing');
    expect(image).toMatchObject({ status: 'active', size: files.gzip!.length });
  } finally {
    await other.cloud.remove();
  }
});
