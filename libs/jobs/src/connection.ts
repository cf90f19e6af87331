import { setTimeout as delay } from 'node:timers/promises';
import { createPostgresBackend, withBackend, createRedisBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { SteadyClient } from '#event-store';

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
      connection: { connectionString: databaseUrl, schema, migrate: true, max: 5, Client: SteadyClient },
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
  // For a connection, and for an answer over one: something may listen there and say nothing.
  const patience = Math.min(5_000, Math.max(1_000, timeoutSeconds * 1000));
  for (;;) {
    const timeouts = { connectTimeout: patience, commandTimeout: patience };
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, ...timeouts });
    // What went wrong is told here; `connect` says only that the connection is closed.
    let told: Error | undefined;
    redis.on('error', (error) => (told = error));
    try {
      await redis.connect();
      await redis.ping();
      return;
    } catch (error) {
      const cause = told ?? (error as Error);
      if (Date.now() > deadline) {
        throw new Error(`Redis did not answer within ${timeoutSeconds} s (REDIS_URL): ${cause.message}`, { cause });
      }
      onWait(cause.message);
      await delay(1_000);
    } finally {
      if (redis.status !== 'end') redis.disconnect();
    }
  }
}
