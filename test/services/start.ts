import { join } from 'node:path';
import { startEmbeddedPostgres } from '#event-store';
import { startS3 } from './ceph.js';
import { startRedis } from './redis.js';
import { keep, type Running, type Service } from './running.js';
import stop from './stop.js';
import { makeTemplates } from './template.js';
import { scratchDirectory } from './scratch.js';

/** Jest's globalSetup: one set of real services for the whole run; specs find them in the environment. */
export default async function start(): Promise<void> {
  const directory = scratchDirectory('test');
  const running: Running = { directory, services: [] };
  keep(running);
  const started = async <T extends Service>(service: Promise<T>) => {
    running.services.push(await service);
    return service;
  };
  try {
    const [postgres, redis, s3] = await Promise.all([
      started(startEmbeddedPostgres({ dataDir: directory, settings: { max_connections: '300' } })),
      started(startRedis(join(directory, 'redis'))),
      started(startS3(join(directory, 's3'))),
    ]);
    await makeTemplates(postgres.url);
    process.env.TEST_DATABASE_URL = postgres.url;
    process.env.TEST_REDIS_URL = redis.url;
    process.env.TEST_S3_URL = s3.url;
  } catch (error) {
    await stop();
    throw error;
  }
}
