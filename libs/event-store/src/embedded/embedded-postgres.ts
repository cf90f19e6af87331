import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { findBinaries, reachableBinaries, type Binaries } from './binaries.js';
import { assertNotElsewhere, assertSameMajor, isCluster, makeCluster, placeCluster, user } from './cluster.js';
import { inUse, readNote, startingAlone, writeNote, type Note } from './data-directory.js';
import { endServer, isAlive, isHeldBy, postmasterOf } from './running-server.js';
import { serverUser } from './server-user.js';
import { launchServer } from './server.js';

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

const database = 'vitrine';

/**
 * Starts a PostgreSQL of one's own from the npm binaries, on 127.0.0.1 and a free port, making the cluster at first.
 * @throws Error when the data directory is in use by another process
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  return startingAlone(dataDir, () => start({ ...options, dataDir }));
}

async function start({ dataDir, log, settings, ...given }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const runAs = serverUser();
  const before = await readNote(dataDir);
  if (before) await endPredecessor(before, dataDir);

  const binaries = await reachableBinaries(given.binaries ?? (await findBinaries()), runAs);
  const clusterDir = await placeCluster(dataDir, runAs, log);
  if (before) await assertNotElsewhere(clusterDir, before.clusterDir);
  const password = before?.password ?? randomBytes(24).toString('base64url');
  const port = await freePort();
  // Before the cluster is made, which nobody could open without its password.
  await writeNote(dataDir, { password, port, owner: process.pid, clusterDir });
  if (await isCluster(clusterDir)) await assertSameMajor(binaries, clusterDir);
  else await makeCluster(binaries, clusterDir, password, runAs);

  const url = urlOf(password, port);
  const server = await launchServer({ binaries, clusterDir, port, url, runAs, settings, log });
  return { url, port, clusterDir, exited: server.exited, stop: () => server.stop() };
}

/** The URL of the embedded server that another process has started; undefined when none is running. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | undefined> {
  const note = await readNote(resolve(dataDir));
  return note && isAlive(note.owner) ? urlOf(note.password, note.port) : undefined;
}

const urlOf = (password: string, port: number) => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;

/** A server whose starter was killed goes on running: it is stopped, so that this process owns the new one. */
async function endPredecessor({ clusterDir, owner }: Note, dataDir: string): Promise<void> {
  const postmaster = await postmasterOf(clusterDir);
  if (postmaster === undefined) return;
  if (await isHeldBy(owner, postmaster)) throw inUse(dataDir, owner);
  await endServer(clusterDir, postmaster);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
