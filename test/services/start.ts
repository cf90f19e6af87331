import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#event-store';
import { startRedis } from './redis.js';
import { keep } from './running.js';
import { migrateTemplate } from './template.js';

/** Jest's globalSetup: one set of real services for the whole run; specs find them in the environment. */
export default async function start(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'vitrine-test-'));
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ dataDir: directory, settings: { max_connections: '300', fsync: 'on' } }),
    startRedis(join(directory, 'redis')),
  ]);
  keep({ directory, services: [postgres, redis] });
  await migrateTemplate(postgres.url);
  process.env.TEST_DATABASE_URL = postgres.url;
  process.env.TEST_REDIS_URL = redis.url;
}
