import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud } from '../services/cloud.js';
import { DiskImages, type RealFile } from '../services/disk-images.js';
import { scratchDirectory } from '../services/scratch.js';
import { VitrineProcess } from '../services/vitrine.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const directory = scratchDirectory('conversion');
const images = new DiskImages(directory);
const files: Partial<Record<string, Buffer>> = {};
/** path of the file, which the web server has, too */
function made(file: RealFile): string {
  const path = images.make(file);
  files[`/${file.replaceAll(' ', '-')}`] = readFileSync(path);
  return path;
}

let world: Awaited<ReturnType<typeof startCloud>>;
let web: WebServer;
beforeAll(async () => {
  web = await startWebServer((request, answer) => answer.end(files[request.url!]));
  const attic = join(directory, 'attic');
  world = await startCloud({
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_IMPORT_CONVERT_TO: 'qcow2',
    VITRINE_IMPORT_DECOMPRESS: 'gzip,xz,bzip2,zstd',
    VITRINE_STORES: `local=file:${join(directory, 'local')},attic=file:${attic}`,
    VITRINE_PROJECT_QUOTA_SIZE: String(40 << 20),
    VITRINE_IMAGE_SIZE_CAP: String(128 << 20),
  });
});
afterAll(async () => {
  await world.cloud.remove();
  await web.stop();
  images.remove();
});

const bare = (format: string) => ({ disk_format: format, container_format: 'bare' });

async function imported(attributes: object, method: object, more: object = {}) {
  const { alice } = world;
  const { id } = await alice.createImage(attributes);
  expect(await alice.post(`/v2/images/${id}/import`, { method, ...more })).toMatchObject({ status: 202 });
  return alice.until(id, ({ status }) => status !== 'importing');
}
const fromWeb = (file: RealFile) => ({ name: 'web-download', uri: `${web.url}/${file.replaceAll(' ', '-')}` });

async function isSame(id: string, format: string, path: string): Promise<string> {
  const got = join(directory, 'got');
  writeFileSync(got, (await world.alice.get(`/v2/images/${id}/file`)).bytes);
  return execFileSync('qemu-img', ['compare', '-f', format, '-F', 'qcow2', path, got], { encoding: 'utf8' });
}
const dataOf = async (id: string, wanted: string) =>
  (await world.alice.history(id)).filter(({ type }) => type === wanted).map(({ data }) => data);
/** keys of an image's objects */
const filesOf = (folder: string) => {
  const path = join(directory, folder);
  return existsSync(path) ? readdirSync(path).map((file) => `${basename(folder)}/${file}`) : [];
};
const scratchFiles = () => {
  const scratch = join(world.cloud.directory, 'scratch');
  return existsSync(scratch) ? readdirSync(scratch) : [];
};

describe('a vmdk, where imports are converted to qcow2', () => {
  const steps = async (id: string) => {
    const types = (await world.alice.history(id)).map(({ type }) => type);
    return types.slice(types.indexOf('ImageImportStarted'));
  };
  const told = [
    ...['ImageImportStarted', 'ImageDataConverted', 'ImageDataUploaded', 'ImageAttributesChanged', 'ImageActivated'],
    'ImageImportCompleted',
  ];

  it('from the web ends as an identical qcow2, and the history tells each step', async () => {
    const path = made('vmdk streamOptimized');
    const { id, ...image } = await imported(bare('vmdk'), fromWeb('vmdk streamOptimized'));
    expect(image).toMatchObject({ status: 'active', ...bare('qcow2'), virtual_size: 3 << 20 });
    expect(await isSame(id, 'vmdk', path)).toContain('Images are identical');
    expect((await steps(id)).slice(0, told.length)).toEqual(told);
    expect(await dataOf(id, 'ImageDataConverted')).toEqual([
      expect.objectContaining({
        from: expect.objectContaining({
          format: 'vmdk',
          size: String(readFileSync(path).length),
          virtual_size: '3145728',
        }),
        to: 'qcow2',
      }),
    ]);
    const [stored] = await dataOf(id, 'ImageDataUploaded');
    const { size, os_hash_value: sha512, checksum: md5 } = image;
    expect(stored).toMatchObject({ format: 'qcow2', size: String(size), sha512, md5 });
    expect((await world.alice.history(id)).find(({ type }) => type === 'ImageAttributesChanged')).toMatchObject({
      changes: { disk_format: { from: 'vmdk', to: 'qcow2' } },
    });
    expect(scratchFiles()).toEqual([]);
  });

  it('that was staged does, too, and the original goes', async () => {
    const { alice } = world;
    const path = images.make('vmdk with zeroed grains');
    const { id } = await alice.createImage(bare('vmdk'));
    expect(await alice.put(`/v2/images/${id}/stage`, readFileSync(path))).toMatchObject({ status: 204 });
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } });
    const image = await alice.until(id, ({ status }) => status !== 'importing' && status !== 'uploading');
    expect(image).toMatchObject({ status: 'active', ...bare('qcow2') });
    expect(await isSame(id, 'vmdk', path)).toContain('Images are identical');
    expect((await steps(id)).slice(0, told.length)).toEqual(told);
    const [stored] = await dataOf(id, 'ImageDataUploaded');
    const others = () => filesOf(join('local', id)).filter((file) => file !== stored!.key);
    await alice.until(id, () => others().length === 0);
    expect(scratchFiles()).toEqual([]);
  });

  it('that came compressed is decompressed first, and both are told', async () => {
    const path = images.make('vmdk streamOptimized');
    files['/packed'] = execFileSync('xz', ['-c', path]);
    const { id, ...image } = await imported(bare('vmdk'), { name: 'web-download', uri: `${web.url}/packed` });
    expect(image).toMatchObject({ status: 'active', ...bare('qcow2') });
    expect(await isSame(id, 'vmdk', path)).toContain('Images are identical');
    const size = String(files['/packed'].length);
    expect(await dataOf(id, 'ImageDataDecompressed')).toEqual([expect.objectContaining({ format: 'xz', size })]);
    expect((await steps(id)).slice(1, 3)).toEqual(['ImageDataDecompressed', 'ImageDataConverted']);
  });

  it('fills several stores with the same qcow2, converted once', async () => {
    made('vmdk streamOptimized');
    const image = await imported(bare('vmdk'), fromWeb('vmdk streamOptimized'), { all_stores: true });
    expect(image).toMatchObject({ status: 'active', ...bare('qcow2'), stores: 'attic,local' });
    expect(await dataOf(image.id, 'ImageDataConverted')).toHaveLength(1);
    const stored = [...(await dataOf(image.id, 'ImageDataUploaded')), ...(await dataOf(image.id, 'ImageDataCopied'))];
    const [one, other] = stored.map(({ store, key }) => readFileSync(join(directory, String(store), String(key))));
    expect(one!.equals(other!)).toBe(true);
  });

  it('with another file for its content is refused before it is converted', async () => {
    made('qcow2 with a backing file');
    const image = await imported(bare('qcow2'), fromWeb('qcow2 with a backing file'));
    expect(image).toMatchObject({ status: 'queued', disk_format: 'qcow2' });
    files['/hostile'] = files['/qcow2-with-a-backing-file']!;
    const hostile = await imported(bare('vdi'), { name: 'web-download', uri: `${web.url}/hostile` });
    expect(hostile).toMatchObject({ status: 'queued', disk_format: 'vdi', size: null });
    const [failed] = await dataOf(hostile.id, 'ImageImportFailed');
    expect(failed).toMatchObject({ reason: expect.stringContaining('(qcow2-backing-file)'), retry_at: null });
    expect(scratchFiles()).toEqual([]);
  });

  it('whose result is dangerous is refused: what a disk holds may be taken for a disk', async () => {
    const inner = readFileSync(images.make('qcow2 with a data file'));
    files['/inner'] = inner;
    const raw = join(directory, 'inner');
    writeFileSync(raw, inner);
    const outer = join(directory, 'outer');
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'vdi', raw, outer]);
    files['/outer'] = readFileSync(outer);
    const other = await startCloud({
      VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
      VITRINE_IMPORT_CONVERT_TO: 'raw',
    });
    try {
      const { alice, cloud } = other;
      const { id } = await alice.createImage(bare('vdi'));
      await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: `${web.url}/outer` } });
      expect(await alice.until(id, ({ status }) => status !== 'importing')).toMatchObject({ status: 'queued' });
      const failed = (await alice.history(id)).find(({ type }) => type === 'ImageImportFailed');
      expect(failed).toMatchObject({ data: { reason: expect.stringContaining('(qcow2-data-file)') } });
      await cloud.untilObjects(id, 0);
    } finally {
      await other.cloud.remove();
    }
  });
});

describe('where imports are converted, they leave alone', () => {
  it.each([
    ['qcow2 version 3', bare('qcow2')],
    ['iso', bare('iso')],
    ['vmdk streamOptimized', { disk_format: 'vmdk', container_format: 'ovf' }],
  ] as const)('%s as %j', async (file, formats) => {
    const path = made(file);
    const image = await imported(formats, fromWeb(file));
    expect(image).toMatchObject({ status: 'active', ...formats, size: readFileSync(path).length });
    expect(await dataOf(image.id, 'ImageDataConverted')).toEqual([]);
  });

  it('an upload, and its copy into another store', async () => {
    const { alice, admin } = world;
    const path = images.make('vmdk streamOptimized');
    const { id } = await alice.createActive(readFileSync(path), bare('vmdk'));
    const copy = { method: { name: 'copy-image' }, stores: ['attic'] };
    expect(await admin.post(`/v2/images/${id}/import`, copy)).toMatchObject({ status: 202 });
    const image = await alice.until(id, ({ stores }) => stores === 'attic,local');
    expect(image).toMatchObject({ ...bare('vmdk'), size: readFileSync(path).length });
  });
});

describe('a result that the project has no room for', () => {
  const formats = { disk_format: 'raw', container_format: 'ovf' };
  const sparse = execFileSync('sh', ['-c', `head -c ${50 << 20} /dev/zero | gzip -c`]);
  const assertRefused = async (id: string) => {
    const [failed] = await dataOf(id, 'ImageImportFailed');
    // While it came, and not when all of it had come.
    const reason = expect.stringMatching(/image_size_total.*does not fit in what is left/);
    expect(failed).toMatchObject({ reason, retry_at: null });
  };
  const staged = async (data: Buffer) => {
    const { alice } = world;
    const { id } = await alice.createImage(formats);
    await alice.put(`/v2/images/${id}/stage`, data);
    await alice.post(`/v2/images/${id}/import`, { method: { name: 'glance-direct' } });
    return alice.until(id, ({ status }) => status === 'queued' || status === 'active');
  };

  it('is refused for what it became, however small it came', async () => {
    files['/sparse'] = sparse;
    const image = await imported(formats, { name: 'web-download', uri: `${web.url}/sparse` });
    expect(image).toMatchObject({ status: 'queued' });
    await assertRefused(image.id);
  });

  it('is refused when it was staged, which counted for less', async () => {
    const image = await staged(sparse);
    expect(image).toMatchObject({ status: 'queued' });
    await assertRefused(image.id);
  });

  it('is none where what was staged has counted for most of it already', async () => {
    expect(await staged(gzipSync(randomBytes(22 << 20)))).toMatchObject({ status: 'active', size: 22 << 20 });
  });
});

describe('a worker whose programs are missing', () => {
  it.each([
    ['VITRINE_IMPORT_CONVERT_TO', 'raw', 'qemu-img'],
    ['VITRINE_IMPORT_DECOMPRESS', 'gzip,zstd', 'zstd'],
  ])('does not start with %s=%s, and says that it needs %s', async (variable, value, program) => {
    const worker = new VitrineProcess('worker', { PATH: '/nowhere', VITRINE_DATA_DIR: directory, [variable]: value });
    expect(await worker.ended()).toBe(1);
    expect(worker.output).toContain(`${variable} needs ${program}, which is not on the PATH`);
  });
});
