import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, type Client } from '../services/client.js';
import { Cloud } from '../services/cloud.js';
import { need } from '../services/debian.js';
import { scratchDirectory } from '../services/scratch.js';
import { startWebServer, type WebServer } from '../services/web-server.js';

const files = scratchDirectory('killed-conversion');
const disk = join(files, 'disk');
const vmdk = join(files, 'vmdk');
let web: WebServer;
let cloud: Cloud;
let alice: Client;
beforeAll(async () => {
  need('qemu-img', ['qemu-utils'], 'one on PATH');
  execFileSync('sh', ['-c', `head -c ${48 << 20} /dev/urandom > disk`], { cwd: files });
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', disk, vmdk]);
  web = await startWebServer((_request, answer) => answer.end(readFileSync(vmdk)));
  cloud = await Cloud.create({
    VITRINE_IMPORT_ALLOWED_PORTS: String(web.port),
    VITRINE_IMPORT_CONVERT_TO: 'qcow2',
    VITRINE_ORPHAN_SECONDS: '3',
  });
  alice = await cloud.as('alice', await cloud.run('api').ready());
});
afterAll(async () => {
  await cloud.remove();
  await web.stop();
  rmSync(files, { recursive: true });
});

const scratch = () => join(cloud.directory, 'scratch');
const directories = () => (existsSync(scratch()) ? readdirSync(scratch()) : []);
/** Processes of qemu-img that work in this installation's scratch directory. */
function converting(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      return name === 'qemu-img' && readlinkSync(`/proc/${pid}/cwd`).startsWith(scratch());
    } catch {
      return false;
    }
  });
}

it('kill -9 of the worker in the middle of a conversion leaves nothing behind, and the import goes on', async () => {
  const worker = cloud.run('worker');
  await worker.ready();
  const { id } = await alice.createImage({ disk_format: 'vmdk' });
  await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: web.url } });
  const [pid] = await eventually(
    () => Promise.resolve(converting()),
    ({ length }) => length > 0,
    'the conversion',
  );
  // Stopped, it is in the middle for as long as we look.
  process.kill(Number(pid), 'SIGSTOP');
  const [left] = directories();
  expect(readdirSync(join(scratch(), left!))).toContain('original');

  await worker.kill();
  await eventually(
    () => Promise.resolve(converting()),
    ({ length }) => length === 0,
    'the conversion',
  );
  expect(await alice.show(id)).toMatchObject({ status: 'importing', disk_format: 'vmdk' });
  await cloud.run('worker').ready();

  const image = await alice.until(id, ({ status }) => status !== 'importing');
  expect(image).toMatchObject({ status: 'active', disk_format: 'qcow2', virtual_size: 48 << 20 });
  const got = join(files, 'got');
  writeFileSync(got, (await alice.get(`/v2/images/${id}/file`)).bytes);
  expect(spawnSync('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', disk, got])).toMatchObject({ status: 0 });
  const started = (await alice.history(id)).filter(({ type }) => type === 'ImageImportStarted');
  expect(started.map(({ data }) => data.attempt)).toEqual([1, 2]);
  await eventually(
    () => Promise.resolve(directories()),
    ({ length }) => length === 0,
    'the scratch directory',
  );
  await cloud.untilObjects(id, 1);
});

it('a conversion tells its task how far it is, and stops when its image is deleted', async () => {
  const { id } = await alice.createImage({ disk_format: 'vmdk' });
  await alice.post(`/v2/images/${id}/import`, { method: { name: 'web-download', uri: web.url } });
  const [pid] = await eventually(
    () => Promise.resolve(converting()),
    ({ length }) => length > 0,
    'the conversion',
  );
  process.kill(Number(pid), 'SIGSTOP');
  const message = async () => {
    const [task] = (await alice.get(`/v2/images/${id}/tasks`)).json.tasks as { message: string }[];
    return task!.message;
  };
  await eventually(message, (text) => /^Converting vmdk to qcow2: \d+ %$/.test(text), 'the message');

  await alice.delete(`/v2/images/${id}`);
  await eventually(
    () => Promise.resolve(converting()),
    ({ length }) => length === 0,
    'the conversion',
  );
  await eventually(
    () => Promise.resolve(directories()),
    ({ length }) => length === 0,
    'the scratch directory',
  );
});
