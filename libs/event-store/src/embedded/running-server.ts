import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const pauseMs = 50;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * The pid in postmaster.pid, if it is the server of this cluster: after a crash the number may be anybody's. A dead
 * process that nobody has waited for has no command line and is none.
 */
export async function postmasterOf(clusterDir: string): Promise<number | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  if (process.platform !== 'linux') return pid;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(clusterDir) ? pid : undefined;
}

/** Whether the process that started the server is still there to use it. */
export async function isHeldBy(owner: number, postmaster: number): Promise<boolean> {
  if (process.platform !== 'linux') return owner !== process.pid && isAlive(owner);
  // An orphan has got another parent, whoever has its owner's number now.
  const status = await readFile(`/proc/${postmaster}/status`, 'utf8').catch(() => '');
  return Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]) === owner;
}

/** Fast shutdown: transactions are rolled back, everything committed is on disk. */
export async function endServer(clusterDir: string, postmaster: number): Promise<void> {
  process.kill(postmaster, 'SIGINT');
  while ((await postmasterOf(clusterDir)) === postmaster) await delay(pauseMs);
}
