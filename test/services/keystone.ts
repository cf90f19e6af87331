import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { asAdmin } from './database.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);

/** What a real Keystone keeps: a database, keys, and its first user admin. Processes that serve it come and go. */
export interface KeystoneData {
  readonly directory: string;
  /** as SQLAlchemy takes it */
  readonly databaseUrl: string;
  readonly adminPassword: string;
}

export interface KeystoneServer {
  /** `http://127.0.0.1:port/v3` */
  readonly url: string;
  stop(): Promise<void>;
}

/** Makes the schema, the keys, user and project admin, and the region RegionOne; Debian's Keystone has to be there. */
export async function prepareKeystone(directory: string, postgresUrl: string): Promise<KeystoneData> {
  for (const keys of ['fernet', 'credential']) mkdirSync(join(directory, keys), { recursive: true, mode: 0o700 });
  await asAdmin(postgresUrl, 'create database keystone');
  const databaseUrl = new URL(postgresUrl);
  databaseUrl.pathname = '/keystone';
  const data: KeystoneData = {
    directory,
    databaseUrl: databaseUrl.href.replace(/^postgres:/, 'postgresql+psycopg2:'),
    adminPassword: randomBytes(12).toString('hex'),
  };
  const configuration = configure(data, 'manage', {});
  const manage = (...args: string[]) =>
    run('keystone-manage', ['--config-file', configuration, ...args], { timeout: 180_000 });
  const me = await Promise.all(['-un', '-gn'].map(async (flag) => (await run('id', [flag])).stdout.trim()));
  const owner = process.getuid?.() === 0 ? ['--keystone-user', me[0]!, '--keystone-group', me[1]!] : [];
  await manage('fernet_setup', ...owner);
  await manage('credential_setup', ...owner);
  await manage('db_sync');
  await manage('bootstrap', '--bootstrap-password', data.adminPassword, '--bootstrap-region-id', 'RegionOne');
  return data;
}

/**
 * A Keystone process on a free port. Several may serve the same data, and take each other's tokens; what one of them
 * changes, another may go on knowing as it was for minutes.
 */
export async function serveKeystone(data: KeystoneData, { tokenSeconds = 86_400 } = {}): Promise<KeystoneServer> {
  const port = await freePort();
  const configuration = configure(data, String(port), { tokenSeconds, endpoint: `http://127.0.0.1:${port}` });
  const output = openSync(join(data.directory, `${port}.out`), 'w');
  const options = ['--master', '--lazy-apps', '--enable-threads', '--die-on-term', '--no-orphans', '--thunder-lock'];
  const sizes = ['--processes', '1', '--threads', '4', '--buffer-size', '65535', '--listen', '100'];
  const server = spawn(
    'uwsgi',
    [
      ...['--plugin', 'python3', ...options, ...sizes, '--disable-logging', '--add-header', 'Connection: close'],
      ...['--http-socket', `127.0.0.1:${port}`, '--wsgi-file', '/usr/bin/keystone-wsgi-public'],
    ],
    {
      env: { ...process.env, OS_KEYSTONE_CONFIG_FILES: configuration },
      stdio: ['ignore', output, output],
    },
  );
  const url = `http://127.0.0.1:${port}/v3`;
  try {
    await untilAnswers(url, server, data.directory);
  } catch (error) {
    await end(server);
    throw error;
  }
  return { url, stop: () => end(server) };
}

function configure(
  { directory, databaseUrl }: KeystoneData,
  name: string,
  { tokenSeconds = 86_400, endpoint = 'http://127.0.0.1:5000' },
): string {
  const path = join(directory, `keystone-${name}.conf`);
  const sections = {
    DEFAULT: { log_file: join(directory, `keystone-${name}.log`), public_endpoint: endpoint, max_token_size: 512 },
    database: { connection: databaseUrl },
    token: { provider: 'fernet', expiration: tokenSeconds },
    fernet_tokens: { key_repository: join(directory, 'fernet') },
    credential: { key_repository: join(directory, 'credential') },
    // Without a cache Keystone takes 0.7 CPU-seconds to check a token, with one 0.03; in its memory, so one process.
    cache: { enabled: true, backend: 'dogpile.cache.memory' },
    // bcrypt at its cheapest: passwords are made for this run, and logins are most of what it does.
    identity: { password_hash_rounds: 4 },
  };
  const lines = Object.entries(sections).flatMap(([section, settings]) => [
    `[${section}]`,
    ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`),
  ]);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

async function untilAnswers(url: string, server: ChildProcess, directory: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (server.exitCode !== null) break;
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await delay(100);
  }
  throw new Error(`Keystone did not answer at ${url}: see ${directory}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const killer = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(killer);
}
