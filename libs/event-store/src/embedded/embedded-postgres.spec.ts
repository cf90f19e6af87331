import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { findBinaries, sharedDirectory } from './binaries.js';
import { insert, keptIn, makeTable, Workshop } from './embedded.spec-kit.js';
import type { StarterOptions } from './starter.spec-kit.js';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

const workshop = new Workshop();
afterEach(() => workshop.clear());

/** Starts, writes, stops, starts again, and finds what it wrote; returns where the cluster lay. */
async function expectItKeepsRows(options: StarterOptions): Promise<string> {
  const first = workshop.start(options);
  const { url, clusterDir } = await first.started();
  workshop.remove(clusterDir);
  await makeTable(url);
  await insert(url, 1);
  await first.stop();
  const again = await workshop.start(options).started();
  expect(await keptIn(again.url)).toEqual([1]);
  expect(again.clusterDir).toBe(clusterDir);
  return clusterDir;
}

describe('it starts, and a restart keeps what was written', () => {
  it('as the user that the tests run as, below the data directory', async () => {
    const dataDir = await workshop.newDataDir();
    expect(await expectItKeepsRows({ dataDir })).toBe(join(dataDir, 'postgres'));
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
  });

  if (!isRoot) return;

  it('as an ordinary user, in a folder of its own', async () => {
    const folder = await workshop.newFolder(0o777);
    const dataDir = join(folder, 'data');
    expect(await expectItKeepsRows({ dataDir, uid: nobody })).toBe(join(dataDir, 'postgres'));
    expect((await stat(dataDir)).uid).toBe(nobody);
  });

  it('as root, when neither the programs nor the data are in reach of the user that the server runs as', async () => {
    const folder = await workshop.newFolder(0o700);
    const binaries = await privateBinaries(folder);
    const clusterDir = await expectItKeepsRows({ dataDir: join(folder, 'data'), binaries });
    expect(clusterDir).toContain(join(sharedDirectory, 'clusters'));
    expect((await stat(clusterDir)).uid).toBe(nobody);
  });

  it('as root who shares nothing by default (umask 077), with programs that only root may read', async () => {
    const folder = await workshop.newFolder(0o700);
    const binaries = await privateBinaries(folder);
    await onlyForRoot(binaries.home);
    await expectItKeepsRows({ dataDir: join(folder, 'data'), binaries, umask: 0o077 });
  });

  /** A copy as an npm installation below root's home has it; its name is its own, so that it is really copied. */
  async function privateBinaries(folder: string) {
    const packageVersion = `18.0.0-test-${randomBytes(4).toString('hex')}`;
    const home = join(folder, 'native');
    await cp((await findBinaries()).home, home, { recursive: true, verbatimSymlinks: true });
    workshop.remove(join(sharedDirectory, `postgres-${packageVersion}`));
    return { home, packageVersion };
  }

  async function onlyForRoot(home: string): Promise<void> {
    for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
      if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o700);
    }
    await chmod(home, 0o700);
  }

  it('never with an empty database because a folder has been closed since', async () => {
    const folder = await workshop.newFolder(0o755);
    const dataDir = join(folder, 'data');
    const first = workshop.start({ dataDir });
    const { url } = await first.started();
    await makeTable(url);
    await first.stop();
    await chmod(folder, 0o700);
    await expect(workshop.start({ dataDir }).started()).rejects.toThrow(
      `the database lies in ${join(dataDir, 'postgres')}`,
    );
    await chmod(folder, 0o755);
    expect(await keptIn((await workshop.start({ dataDir }).started()).url)).toEqual([]);
  });
});

it('says what the server said when it will not start', async () => {
  const dataDir = await workshop.newDataDir();
  const first = workshop.start({ dataDir });
  const { clusterDir } = await first.started();
  await first.stop();
  await writeFile(join(clusterDir, 'postgresql.conf'), 'no_such_setting = 1\n');
  await expect(workshop.start({ dataDir }).started()).rejects.toThrow(
    'unrecognized configuration parameter "no_such_setting"',
  );
});

it('refuses a cluster of another major version of PostgreSQL', async () => {
  const dataDir = await workshop.newDataDir();
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '15\n');
  await expect(workshop.start({ dataDir }).started()).rejects.toThrow(
    'was made by PostgreSQL 15 and this release brings 18',
  );
});

it('leaves no half of a cluster when it cannot be made', async () => {
  const folder = await workshop.newFolder(0o755);
  const [dataDir, home] = [join(folder, 'data'), join(folder, 'native')];
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(join(home, 'bin', 'initdb'), '#!/bin/sh\necho no space left on device >&2\nexit 1\n', {
    mode: 0o755,
  });
  const binaries = { home, packageVersion: '18.0.0' };
  await expect(workshop.start({ dataDir, binaries }).started()).rejects.toThrow('no space left on device');
  expect(await readdir(dataDir)).toEqual(['postgres.json']);
});
