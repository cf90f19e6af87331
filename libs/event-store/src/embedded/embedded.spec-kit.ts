import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Starter, type StarterOptions } from './starter.spec-kit.js';

/** Starters and folders of one test, and their end. */
export class Workshop {
  private readonly starters: Starter[] = [];
  private readonly paths = new Set<string>();

  start(options: StarterOptions): Starter {
    const starter = new Starter(options);
    this.starters.push(starter);
    return starter;
  }

  async newFolder(mode: number): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-embedded-'));
    await chmod(folder, mode);
    return this.remove(folder);
  }

  /** In a folder that every user can pass; still to be made. */
  async newDataDir(): Promise<string> {
    return join(await this.newFolder(0o755), 'data');
  }

  /** The path goes with the test. */
  remove(path: string): string {
    this.paths.add(path);
    return path;
  }

  async clear(): Promise<void> {
    for (const starter of this.starters.splice(0)) await starter.stop();
    for (const path of this.paths) await rm(path, { recursive: true, force: true, maxRetries: 20 });
    this.paths.clear();
  }
}

export async function query<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

export const makeTable = (url: string) => query(url, 'create table kept (n int primary key)');
export const insert = (url: string, n: number) => query(url, 'insert into kept values ($1)', [n]);
export const keptIn = async (url: string) =>
  (await query<{ n: number }>(url, 'select n from kept order by n')).map(({ n }) => n);

export const postmasterOf = (clusterDir: string) => parseInt(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8'));

/** A process that is there and not a zombie. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !existsSync('/proc') || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
