import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { need } from './debian.js';

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** The run's Redis: one of its own, or the one that TEST_REDIS_URL names. */
export async function startRedis(directory: string): Promise<TestRedis> {
  const given = process.env.TEST_REDIS_URL;
  if (given) return { url: given, stop: () => Promise.resolve() };
  return spawnRedis(directory);
}

/** A Redis of the caller's own, for faults that would hurt others; at a given port, to come back where it was. */
export async function spawnRedis(directory: string, wanted?: number): Promise<TestRedis & { readonly port: number }> {
  need('redis-server', ['redis-server'], 'TEST_REDIS_URL');
  mkdirSync(directory, { recursive: true });
  const port = wanted ?? (await freePort());
  const options = ['--appendonly', 'no', '--save', '', '--maxmemory-policy', 'noeviction', '--dir', directory];
  const server = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), ...options], {
    stdio: 'ignore',
  });
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  await client.ping();
  client.disconnect();
  return {
    url,
    port,
    stop: async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
    },
  };
}
