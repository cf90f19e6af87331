import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Binaries } from './binaries.js';
import type { ServerUser } from './server-user.js';

export interface Launch {
  readonly binaries: Binaries;
  readonly clusterDir: string;
  readonly port: number;
  /** of the database that is made if it is not there */
  readonly url: string;
  readonly runAs: ServerUser;
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly log?: ((line: string) => void) | undefined;
}

export interface Server {
  /** resolves when it has ended, whoever ended it */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

const pauseMs = 50;
const startTimeoutMs = 60_000;
/** After a kill the last processes of the old server hold the cluster for a moment. */
const heldTimeoutMs = 5_000;
const held = /lock file "postmaster.pid" already exists|pre-existing shared memory block/;

/** Resolves when it answers. @throws Error with what the server said */
export async function launchServer(launch: Launch): Promise<Server> {
  for (const deadline = Date.now() + heldTimeoutMs; ;) {
    const server = new Postmaster(launch);
    try {
      await server.untilReady(launch.url);
      return server;
    } catch (error) {
      await server.stop();
      if (!held.test(String(error)) || Date.now() > deadline) throw error;
      await delay(pauseMs);
    }
  }
}

class Postmaster implements Server {
  readonly exited: Promise<void>;
  private readonly child: ChildProcess;
  private failure: Error | undefined;
  private lastSaid = '';

  constructor({ binaries, clusterDir, port, runAs, settings, log }: Launch) {
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '100', ...settings };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.child = spawn(join(binaries.home, 'bin', 'postgres'), ['-D', clusterDir, '-p', String(port), ...args], {
      ...runAs.spawnOptions,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Of its own session: an interrupt from the keyboard is for us, who then stop it in order.
      detached: true,
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.lastSaid = (this.lastSaid + chunk.toString()).slice(-2_000);
      log?.(chunk.toString().trimEnd());
    });
    this.child.on('error', (error) => (this.failure = error));
    this.exited = new Promise((resolve) => this.child.once('close', () => resolve()));
  }

  /** Waits until it answers, and makes the database at first. */
  async untilReady(url: string): Promise<void> {
    const database = new URL(url).pathname.slice(1);
    for (const deadline = Date.now() + startTimeoutMs; ;) {
      await this.assertRunning();
      const client = new pg.Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
      client.on('error', () => undefined);
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
  async stop(): Promise<void> {
    if (this.failure) return;
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
    await this.exited;
  }

  private async assertRunning(): Promise<void> {
    if (this.failure) throw this.failure;
    const how = this.child.exitCode ?? this.child.signalCode;
    if (how === null) return;
    await this.exited;
    throw new Error(`PostgreSQL ended with ${how} while starting:\n${this.lastSaid.trim()}`);
  }
}
