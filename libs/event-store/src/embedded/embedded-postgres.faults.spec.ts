import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runningEmbeddedUrl } from './embedded-postgres.js';
import { insert, keptIn, makeTable, postmasterOf, query, runs, Workshop } from './embedded.spec-kit.js';

const workshop = new Workshop();
afterEach(() => workshop.clear());

describe('it loses nothing that was acknowledged', () => {
  it('when the server is killed while clients write', async () => {
    const dataDir = await workshop.newDataDir();
    const starter = workshop.start({ dataDir });
    const { url, clusterDir } = await starter.started();
    await makeTable(url);
    const acknowledged: number[] = [];
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let n = writer; ; n += 4) {
        const isDone = await insert(url, n).then(
          () => true,
          () => false,
        );
        if (!isDone) return;
        acknowledged.push(n);
        if (acknowledged.length === 200) process.kill(postmasterOf(clusterDir), 'SIGKILL');
      }
    });
    await Promise.all(writers);
    await starter.stop();
    const again = await workshop.start({ dataDir }).started();
    expect(await keptIn(again.url)).toEqual(expect.arrayContaining(acknowledged));
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
  });

  it('when a process of the killed server is slow to go: the next start waits for it', async () => {
    const dataDir = await workshop.newDataDir();
    const starter = workshop.start({ dataDir });
    const { url, clusterDir } = await starter.started();
    await makeTable(url);
    await insert(url, 1);
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    process.kill(rows[0]!.pid, 'SIGSTOP');
    process.kill(postmasterOf(clusterDir), 'SIGKILL');
    const next = workshop.start({ dataDir });
    await next.untilSaid(/pre-existing shared memory block/);
    process.kill(rows[0]!.pid, 'SIGCONT');
    expect(await keptIn((await next.started()).url)).toEqual([1]);
    await client.end();
  });

  it('when the process that started it is killed: the next one ends the orphan and takes over', async () => {
    const dataDir = await workshop.newDataDir();
    const starter = workshop.start({ dataDir });
    const { url, clusterDir } = await starter.started();
    await makeTable(url);
    await insert(url, 1);
    const orphan = postmasterOf(clusterDir);
    await starter.kill();
    expect(runs(orphan)).toBe(true);
    await insert(url, 2);
    const again = await workshop.start({ dataDir }).started();
    expect(runs(orphan)).toBe(false);
    expect(await keptIn(again.url)).toEqual([1, 2]);
  });
});

describe('a first start that is killed does not stand in the way of the next', () => {
  it.each(['postgres.json', 'global', 'base/5', 'postgres/PG_VERSION', 'postmaster.pid'])(
    'when %s has appeared',
    async (file) => {
      const dataDir = await workshop.newDataDir();
      const starter = workshop.start({ dataDir });
      while (!(await hasAppeared(dataDir, file)) && runs(starter.pid)) await new Promise(setImmediate);
      await starter.kill();
      const { url } = await workshop.start({ dataDir }).started();
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.json']);
    },
  );

  /** In the data directory or in any folder of it: the cluster has another name until it is complete. */
  async function hasAppeared(dataDir: string, file: string): Promise<boolean> {
    const folders = await readdir(dataDir).catch(() => []);
    return ['.', ...folders].some((folder) => existsSync(join(dataDir, folder, file)));
  }
});

describe('a data directory that is in use', () => {
  it('is refused, naming the process, and its server is not disturbed', async () => {
    const dataDir = await workshop.newDataDir();
    const holder = workshop.start({ dataDir });
    const { url, clusterDir } = await holder.started();
    const before = postmasterOf(clusterDir);
    const refused = workshop.start({ dataDir }).started();
    await expect(refused).rejects.toThrow(`the data directory ${dataDir} is in use by process ${holder.pid}`);
    await expect(refused).rejects.toThrow('set VITRINE_DATA_DIR');
    expect(postmasterOf(clusterDir)).toBe(before);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await runningEmbeddedUrl(dataDir)).toBe(url);
  });

  it('by another that starts at the same moment is refused too, and the one that goes on can start again', async () => {
    const dataDir = await workshop.newDataDir();
    const pair = [workshop.start({ dataDir }), workshop.start({ dataDir })];
    const outcomes = await Promise.allSettled(pair.map((starter) => starter.started()));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('is in use by process');
      else expect(await runningEmbeddedUrl(dataDir)).toBe(outcome.value.url);
    }
    for (const starter of pair) await starter.stop();
    const { url } = await workshop.start({ dataDir }).started();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is not what a number in an old file says: the server that has this number now is left alone', async () => {
    const [dataDir, otherDir] = [await workshop.newDataDir(), await workshop.newDataDir()];
    const first = workshop.start({ dataDir });
    const { clusterDir } = await first.started();
    await first.kill();
    const orphan = postmasterOf(clusterDir);
    const other = await workshop.start({ dataDir: otherDir }).started();
    const file = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8');
    process.kill(orphan, 'SIGINT');
    while (runs(orphan)) await new Promise(setImmediate);
    const stranger = postmasterOf(other.clusterDir);
    await writeFile(join(clusterDir, 'postmaster.pid'), file.replace(/^\d+/, String(stranger)));
    await workshop
      .start({ dataDir })
      .started()
      .catch((error: unknown) => expect(String(error)).toMatch(/postmaster.pid/));
    expect(runs(stranger)).toBe(true);
    expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
