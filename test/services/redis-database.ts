import { Redis } from 'ioredis';

export interface TestRedisDatabase {
  /** names one of the server's numbered databases */
  readonly url: string;
  /** Empties it, and lets others have it. */
  drop(): Promise<void>;
}

const claimKey = 'vitrine-test-claim';

/** An empty database of the spec's own on the Redis of the whole run; whatever others have in theirs is not touched. */
export async function createTestRedisDatabase(): Promise<TestRedisDatabase> {
  const server = process.env.TEST_REDIS_URL;
  if (!server) throw new Error('TEST_REDIS_URL is not set: run the specs by npm test');
  // 0 is where everybody else is.
  for (let number = 1; number < 16; number++) {
    const url = new URL(server);
    url.pathname = `/${number}`;
    const client = new Redis(url.href);
    try {
      // Who sets the key and finds nothing beside it has the database.
      if ((await client.set(claimKey, process.pid, 'EX', 3600, 'NX')) !== 'OK') continue;
      if ((await client.dbsize()) === 1) return { url: url.href, drop: () => flush(url.href) };
      await client.del(claimKey);
    } finally {
      client.disconnect();
    }
  }
  throw new Error('no database of TEST_REDIS_URL is empty');
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushdb().finally(() => client.disconnect());
}
