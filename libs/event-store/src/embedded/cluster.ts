import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeShared, sharedDirectory, type Binaries } from './binaries.js';
import type { ServerUser } from './server-user.js';

/** The database's owner. */
export const user = 'vitrine';

/** Below the data directory, or where the server's user can get to. */
export async function placeCluster(dataDir: string, runAs: ServerUser, log?: (line: string) => void): Promise<string> {
  if (await runAs.canReach(dataDir)) return join(dataDir, 'postgres');
  const clusters = join(sharedDirectory, 'clusters');
  await makeShared(clusters);
  const clusterDir = join(clusters, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  log?.(`PostgreSQL does not run as root and cannot reach ${dataDir}: its data lies in ${clusterDir}`);
  return clusterDir;
}

export const isCluster = async (folder: string) =>
  (await stat(join(folder, 'PG_VERSION')).catch(() => undefined)) !== undefined;

/** @throws Error when a new cluster would be made although there is one elsewhere: its database would seem to be empty */
export async function assertNotElsewhere(clusterDir: string, before: string): Promise<void> {
  if (before === clusterDir || (await isCluster(clusterDir)) || !(await isCluster(before))) return;
  throw new Error(
    `the database lies in ${before}, and PostgreSQL would now make an empty one in ${clusterDir}: let its user reach the old place again, or move it to the new one`,
  );
}

export async function assertSameMajor(binaries: Binaries, clusterDir: string): Promise<void> {
  const there = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  const [ours = ''] = binaries.packageVersion.split('.');
  if (there !== ours) {
    throw new Error(
      `${clusterDir} was made by PostgreSQL ${there} and this release brings ${ours}: dump it with the old release first`,
    );
  }
}

/** Makes it under another name, so that it is complete or not there; what was killed half-way is removed. */
export async function makeCluster(
  binaries: Binaries,
  clusterDir: string,
  password: string,
  runAs: ServerUser,
): Promise<void> {
  await removeUnfinished(clusterDir);
  const unfinished = `${clusterDir}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${unfinished}.password`;
  await mkdir(unfinished, { recursive: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs.uid !== undefined) {
    for (const path of [unfinished, passwordFile]) await chown(path, runAs.uid, runAs.uid);
  }
  const settings = [
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
    `--username=${user}`,
  ];
  const args = ['-D', unfinished, ...settings, `--pwfile=${passwordFile}`];
  try {
    await run(join(binaries.home, 'bin', 'initdb'), args, runAs);
    // Before the cluster has its name: nobody looks for unfinished things beside a finished one.
    await rm(passwordFile);
    await rename(unfinished, clusterDir);
  } catch (error) {
    for (const path of [unfinished, passwordFile]) await rm(path, { recursive: true, force: true });
    throw error;
  }
}

async function removeUnfinished(clusterDir: string): Promise<void> {
  const folder = dirname(clusterDir);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(clusterDir)}.new-`)) continue;
    // An initdb whose starter was killed may still be writing: it fails once its files are gone.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 20 });
  }
}

async function run(command: string, args: readonly string[], runAs: ServerUser): Promise<void> {
  const child = spawn(command, args, { ...runAs.spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} failed with ${code ?? 'a signal'}:\n${said.trim()}`);
}
