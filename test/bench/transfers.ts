import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '../services/client.js';
import { need } from '../services/debian.js';
import { digestsAlone, mebibytes } from './digests-alone.js';
import { cpuMs, paired, residentMiB, type Row } from './measure.js';
import type { Setting } from './setting.js';

const rounds = 3;

/** One large image in and out, and what it costs. */
export async function transfers(setting: Setting): Promise<Row[]> {
  need('curl', ['curl'], 'a curl on the PATH');
  const cloud = await setting.newCloud();
  const api = cloud.run('api');
  const alice = await cloud.as('alice', await api.ready());
  const file = join(setting.directory, 'gigabyte.raw');
  writeRandomFile(file, mebibytes);
  const used = async (pid: number, work: () => unknown) => {
    const before = cpuMs(pid);
    await work();
    return (cpuMs(pid) - before) / mebibytes;
  };

  const upload = await paired(rounds, () => used(api.pid, () => uploadOnce(alice, file)), digestsAlone);
  const { id } = await alice.createImage();
  curl(alice, ['-T', file, '-H', 'Content-Type: application/octet-stream'], `/v2/images/${id}/file`);
  const bare = await startBareServer(file);
  const speedOf = (url: string, path: string) => () =>
    Promise.resolve(mebibytes / curl({ url, token: alice.token }, [], path));
  const download = await paired(rounds, speedOf(alice.url, `/v2/images/${id}/file`), speedOf(bare.url, '/file'));
  bare.stop();
  const memory = await memoryDuringUpload(setting);
  return [
    {
      ...upload,
      what: 'upload of 1 GiB',
      unit: 'CPU ms/MiB',
      reference: 'the two digests alone',
      target: { atMost: 1.7 },
    },
    {
      ...download,
      what: 'download of 1 GiB',
      unit: 'MiB/s',
      reference: 'bare createReadStream.pipe',
      target: { atLeast: 0.8 },
    },
    memory,
  ];
}

async function uploadOnce(alice: Client, file: string): Promise<void> {
  const { id } = await alice.createImage();
  curl(alice, ['-T', file, '-H', 'Content-Type: application/octet-stream'], `/v2/images/${id}/file`);
  await alice.delete(`/v2/images/${id}`);
}

/** Seconds that the transfer took. */
function curl({ url, token }: Pick<Client, 'url' | 'token'>, args: readonly string[], path: string): number {
  const all = ['-sS', '-f', '-o', '/dev/null', '-w', '%{time_total}', '-H', `X-Auth-Token: ${token!}`, '-H', 'Expect:'];
  const { stdout, stderr, status } = spawnSync('curl', [...all, ...args, `${url}${path}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`curl: ${stderr}`);
  return Number(stdout);
}

function writeRandomFile(path: string, size: number): void {
  const file = openSync(path, 'w');
  for (let n = 0; n < size; n += 16) writeSync(file, randomBytes(16 << 20));
  closeSync(file);
}

async function startBareServer(file: string) {
  const program = fileURLToPath(new URL('./bare-server.js', import.meta.url));
  const server = spawn(process.execPath, [program, JSON.stringify({ file })], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${port.toString().trim()}`, stop: () => server.kill() };
}

/** A fresh API that has served a little, then takes 4 GiB: its largest size beside its idle one. */
async function memoryDuringUpload(setting: Setting): Promise<Row> {
  const cloud = await setting.newCloud();
  const api = cloud.run('api');
  const alice = await cloud.as('alice', await api.ready());
  for (let n = 0; n < 200; n++) await alice.get('/v2/images');
  const idle = residentMiB(api.pid);
  let peak = idle;
  const sampler = setInterval(() => (peak = Math.max(peak, residentMiB(api.pid))), 50);
  const { id } = await alice.createImage();
  const command = `head -c 4G /dev/zero | curl -sS -f -T - -H 'X-Auth-Token: ${alice.token!}' -H 'Expect:' -H 'Content-Type: application/octet-stream' ${alice.url}/v2/images/${id}/file`;
  const [code] = (await once(spawn('sh', ['-c', command], { stdio: 'inherit' }), 'exit')) as [number];
  clearInterval(sampler);
  if (code !== 0) throw new Error(`the upload of 4 GiB failed with ${code}`);
  await alice.delete(`/v2/images/${id}`);
  return {
    ...{ what: 'memory during an upload of 4 GiB', unit: 'MiB above idle', value: peak - idle },
    ...{ reference: 'the aim', referenceValue: 64, ratio: (peak - idle) / 64, target: { atMost: 1 } },
  };
}
