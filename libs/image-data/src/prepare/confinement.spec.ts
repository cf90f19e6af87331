import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/services/client.js';
import { Confinement, isInstalled, type ProgramLimits } from './confinement.js';

const ample: ProgramLimits = { cpuSeconds: 60, fileSize: 1n << 30n };
const directory = mkdtempSync(join(tmpdir(), 'vitrine-confined-'));
let confinement: Confinement;
beforeAll(async () => {
  confinement = await Confinement.probe();
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a shell script says when it is confined. @throws ProgramError */
async function says(script: string, limits: Partial<ProgramLimits> = {}): Promise<string> {
  const running = confinement.run(['sh', '-c', script], { ...ample, ...limits });
  running.child.stdin.end();
  const said = await text(running.child.stdout);
  await running.done;
  return said.trim();
}

describe('a confined program', () => {
  it('has no more memory, files, time and room than it may', async () => {
    const limits = await says('ulimit -v; ulimit -n; ulimit -t; ulimit -f; ulimit -c', { fileSize: 1025n });
    expect(limits.split('\n')).toEqual(['1048576', '64', '60', '3', '0']);
  });

  it('that wants more memory fails, and what it says of it is told', async () => {
    const greedy = says('exec dd if=/dev/zero of=/dev/null bs=2G count=1');
    await expect(greedy).rejects.toThrow(/^sh failed: .*memory exhausted/);
  });

  it('that wants more time is ended, and another try would not help', async () => {
    const endless = says('while :; do :; done', { cpuSeconds: 1 });
    await expect(endless).rejects.toMatchObject({
      message: 'sh needed more processor time than it may have',
      mayPass: false,
    });
  });

  it('that writes more than it may is ended, and leaves no more than that', async () => {
    const endless = says('exec dd if=/dev/zero of=filled bs=512 count=100 2>/dev/null', { fileSize: 1024n, directory });
    await expect(endless).rejects.toMatchObject({ message: 'sh needed more room for its result than it may have' });
    expect(readFileSync(join(directory, 'filled'))).toHaveLength(1024);
  });

  it('knows nothing of what this process was told in secret', async () => {
    process.env.VITRINE_TEST_SECRET = 'hunter2';
    try {
      expect(await says('env')).not.toContain('hunter2');
    } finally {
      delete process.env.VITRINE_TEST_SECRET;
    }
  });

  it('reaches no network, not even this machine', async () => {
    expect(confinement.hasNoNetwork).toBe(true);
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connect = `exec bash -c ': </dev/tcp/127.0.0.1/${port}'`;
    try {
      const free = spawn('sh', ['-c', connect]);
      expect(await once(free, 'close')).toEqual([0, null]);
      await expect(says(connect)).rejects.toThrow(/failed: .*(unreachable|refused)/);
    } finally {
      server.close();
    }
  });

  it('ends with whoever runs it, even when that is killed', async () => {
    expect(confinement.endsWithUs).toBe(true);
    const module = new URL('./confinement.js', import.meta.url).href;
    const pidFile = join(directory, 'pid');
    const parent = `
      const { Confinement } = await import(${JSON.stringify(module)});
      const confinement = await Confinement.probe();
      confinement.run(['sh', '-c', 'echo $$ > ${pidFile}; exec sleep 600'], { cpuSeconds: 60, fileSize: 1024n });`;
    const script = join(directory, 'parent.mjs');
    writeFileSync(script, parent);
    const child = spawn(process.execPath, [script], { stdio: 'inherit' });
    const pid = await eventually(
      () => Promise.resolve(existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0),
      (found) => found > 0,
      'the confined program',
    );
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    await eventually(
      () => Promise.resolve(isRunning(pid)),
      (running) => !running,
      `process ${pid}`,
    );
  });

  it('that fails is quoted', async () => {
    await expect(says('echo it is not there >&2; exit 3')).rejects.toMatchObject({
      message: 'sh failed: it is not there',
      mayPass: false,
    });
    await expect(says('exit 3')).rejects.toThrow('sh failed: it ended with 3');
  });

  it('that was killed from outside may do better another time', async () => {
    await expect(says('kill -9 $$')).rejects.toMatchObject({ message: 'sh was ended by SIGKILL', mayPass: true });
  });
});

it('a program that is not there is known not to be', async () => {
  expect(await isInstalled('qemu-img')).toBe(true);
  expect(await isInstalled('qemu-imgination')).toBe(false);
});

/** A zombie, whose parent has not asked for it yet, has ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
