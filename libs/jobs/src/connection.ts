import { setTimeout as delay } from 'node:timers/promises';
import { createPostgresBackend, withBackend, createRedisBackend } from 'bullmq';
import { Redis } from 'ioredis';

/** Where queues lie: on Redis when there is one, else beside the log in PostgreSQL. */
export interface QueueConnection {
  readonly redisUrl: string | undefined;
  /** of the schema's owner: BullMQ makes its own tables */
  readonly databaseUrl: string;
}

const schema = 'bullmq';

/** BullMQ's classes and connection for either backend. */
export function backend({ redisUrl, databaseUrl }: QueueConnection) {
  if (redisUrl === undefined) {
    const { Queue, Worker } = withBackend(createPostgresBackend);
    return {
      kind: 'postgres' as const,
      Queue,
      Worker,
      connection: { connectionString: databaseUrl, schema, migrate: true, max: 5 },
    };
  }
  const { Queue, Worker } = withBackend(createRedisBackend);
  return { kind: 'redis' as const, Queue, Worker, connection: { url: redisUrl, maxRetriesPerRequest: null } };
}

/** Whoever adds a job hears at once that Redis is gone and tries again by himself; a worker waits for it. */
export const failFast = { maxRetriesPerRequest: 1, enableOfflineQueue: false } as const;

/** Waits until Redis answers. @throws Error that names REDIS_URL when it does not in time */
export async function waitForRedis(
  url: string,
  timeoutSeconds: number,
  onWait: (reason: string) => void,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 5_000 });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      await redis.ping();
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (Date.now() > deadline) {
        throw new Error(`Redis did not answer within ${timeoutSeconds} s (REDIS_URL): ${reason}`, { cause: error });
      }
      onWait(reason);
      await delay(1_000);
    } finally {
      redis.disconnect();
    }
  }
}
