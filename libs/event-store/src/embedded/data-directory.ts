import { lstat, open, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './running-server.js';

/** What the next process needs to know of this one; beside the cluster, readable by its owner only. */
export interface Note {
  readonly password: string;
  readonly port: number;
  /** process that started the server */
  readonly owner: number;
  readonly clusterDir: string;
}

const notePath = (dataDir: string) => join(dataDir, 'postgres.json');

export async function readNote(dataDir: string): Promise<Note | undefined> {
  const text = await readFile(notePath(dataDir), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Note);
}

/** The old one or the new one, whole, whenever the process or the machine dies: it holds the only copy of the password. */
export async function writeNote(dataDir: string, note: Note): Promise<void> {
  const unfinished = `${notePath(dataDir)}.new`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(note));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, notePath(dataDir));
}

export const inUse = (dataDir: string, pid: number) =>
  new Error(
    `the data directory ${dataDir} is in use by process ${pid}: stop it, set VITRINE_DATA_DIR, or run PostgreSQL by itself and set DATABASE_URL`,
  );

/** Longer than any start; older locks are of processes whose number somebody else has now. */
const staleAfterMs = 120_000;

/**
 * One start at a time: of two first ones at once, the second would overwrite the first one's password. The lock is a
 * symlink to the number of its process, because a symlink is made with its content or not at all.
 * @throws Error when another process is starting
 */
export async function startingAlone<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dataDir, 'postgres.starting');
  while (!(await tryLock(lock))) {
    const holder = Number(await readlink(lock).catch(() => ''));
    const since = await lstat(lock).catch(() => undefined);
    const isHeld = holder > 0 && holder !== process.pid && isAlive(holder);
    if (isHeld && since && Date.now() - since.mtimeMs < staleAfterMs) throw inUse(dataDir, holder);
    await rm(lock, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await symlink(String(process.pid), lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
