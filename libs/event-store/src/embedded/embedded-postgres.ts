import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries, reachableBinaries, sharedDirectory, type Binaries } from './binaries.js';
import { serverUser, type ServerUser } from './server-user.js';

export interface EmbeddedPostgresOptions {
  /** the cluster lies in `postgres/` below it, unless the server's user cannot get there */
  readonly dataDir: string;
  readonly log?: (line: string) => void;
  /** postgresql.conf settings on top of the defaults */
  readonly settings?: Readonly<Record<string, string>>;
  /** for tests: another copy of the programs */
  readonly binaries?: Binaries;
}

export interface EmbeddedPostgres {
  /** of the database's owner */
  readonly url: string;
  readonly port: number;
  /** where the cluster really lies */
  readonly clusterDir: string;
  /** resolves when the server has ended by itself */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const user = 'vitrine';
const database = 'vitrine';
const pauseMs = 50;
const startTimeoutMs = 60_000;

/** What the next process needs to know of this one; beside the cluster, readable by its owner only. */
interface Note {
  readonly password: string;
  readonly port: number;
  /** process that started the server */
  readonly owner: number;
  readonly clusterDir: string;
}

/** Starts a PostgreSQL of one's own from the npm binaries, on 127.0.0.1 and a free port, making the cluster at first. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const runAs = serverUser();
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const notePath = join(dataDir, 'postgres.json');
  const before = await readNote(notePath);
  if (before) await endPredecessor(before, dataDir);

  const binaries = await reachableBinaries(options.binaries ?? (await findBinaries()), runAs);
  const clusterDir = await placeCluster(dataDir, runAs, options.log);
  const password = before?.password ?? randomBytes(24).toString('base64url');
  const isNew = !(await stat(join(clusterDir, 'PG_VERSION')).catch(() => undefined));
  if (isNew) await initialize(binaries, clusterDir, password, runAs);
  else await assertSameMajor(binaries, clusterDir);

  const port = await freePort();
  await writeFile(notePath, JSON.stringify({ password, port, owner: process.pid, clusterDir } satisfies Note), {
    mode: 0o600,
  });
  const url = `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  const server = launch(binaries, clusterDir, port, options, runAs);
  const exited = once(server, 'exit').then(() => undefined);
  await untilReady(server, url);
  return { url, port, clusterDir, exited, stop: () => stopServer(server, exited) };
}

/** The URL of the embedded server that another process has started; undefined when none is running. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | undefined> {
  const note = await readNote(join(resolve(dataDir), 'postgres.json'));
  if (!note || !isAlive(note.owner)) return undefined;
  return `postgres://${user}:${note.password}@127.0.0.1:${note.port}/${database}`;
}

async function readNote(path: string): Promise<Note | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Note);
}

/** A server whose starter was killed goes on running: it is stopped, so that this process owns the new one. */
async function endPredecessor(note: Note, dataDir: string): Promise<void> {
  const postmaster = await postmasterOf(note.clusterDir);
  if (postmaster === undefined) return;
  if (note.owner !== process.pid && isAlive(note.owner)) {
    throw new Error(
      `the data directory ${dataDir} is in use by process ${note.owner}: stop it, set VITRINE_DATA_DIR, or run PostgreSQL by itself and set DATABASE_URL`,
    );
  }
  process.kill(postmaster, 'SIGINT');
  while (isAlive(postmaster)) await delay(pauseMs);
}

/** The pid in postmaster.pid, if it is a PostgreSQL that lives. */
async function postmasterOf(clusterDir: string): Promise<number | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'postgres');
  return command.includes('postgres') ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Below the data directory, or where the server's user can get to. */
async function placeCluster(dataDir: string, runAs: ServerUser, log?: (line: string) => void): Promise<string> {
  let clusterDir = join(dataDir, 'postgres');
  if (!(await runAs.canReach(dataDir))) {
    const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
    clusterDir = join(sharedDirectory, 'clusters', name);
    log?.(`PostgreSQL does not run as root and cannot reach ${dataDir}: its data lies in ${clusterDir}`);
  }
  await mkdir(clusterDir, { recursive: true });
  if (runAs.uid !== undefined) await chown(clusterDir, runAs.uid, runAs.uid);
  return clusterDir;
}

async function initialize(binaries: Binaries, clusterDir: string, password: string, runAs: ServerUser): Promise<void> {
  const passwordFile = join(clusterDir, '..', `.${process.pid}.password`);
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runAs.uid !== undefined) await chown(passwordFile, runAs.uid, runAs.uid);
  const settings = [
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
    `--username=${user}`,
  ];
  try {
    await run(join(binaries.home, 'bin', 'initdb'), ['-D', clusterDir, ...settings, `--pwfile=${passwordFile}`], runAs);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function run(command: string, args: readonly string[], runAs: ServerUser): Promise<void> {
  const child = spawn(command, args, { ...runAs.spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} failed with ${code ?? 'a signal'}:\n${said.trim()}`);
}

async function assertSameMajor(binaries: Binaries, clusterDir: string): Promise<void> {
  const there = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  const [ours = ''] = binaries.packageVersion.split('.');
  if (there !== ours) {
    throw new Error(
      `${clusterDir} was made by PostgreSQL ${there} and this release brings ${ours}: dump it with the old release first`,
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function launch(
  binaries: Binaries,
  clusterDir: string,
  port: number,
  { settings, log }: EmbeddedPostgresOptions,
  runAs: ServerUser,
): ChildProcess {
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '100', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(binaries.home, 'bin', 'postgres'), ['-D', clusterDir, '-p', String(port), ...args], {
    ...runAs.spawnOptions,
    stdio: ['ignore', 'ignore', 'pipe'],
    // Of its own session: an interrupt from the keyboard is for us, who then stop it in order.
    detached: true,
  });
  server.stderr.on('data', (chunk: Buffer) => log?.(chunk.toString().trimEnd()));
  return server;
}

/** Waits until it answers, and makes the database at first. */
async function untilReady(server: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode} while starting`);
    const client = new pg.Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
    try {
      await client.connect();
      const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
      if (rowCount === 0) await client.query(`create database ${database}`);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(pauseMs);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Fast shutdown: transactions are rolled back, everything committed is on disk. */
async function stopServer(server: ChildProcess, exited: Promise<void>): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) server.kill('SIGINT');
  await exited;
}
