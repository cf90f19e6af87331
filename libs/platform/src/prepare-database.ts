import { setTimeout as delay } from 'node:timers/promises';
import { accessMigrations, addressMigrations, catalogMigrations, historyMigrations, webhookMigrations } from '#catalog';
import { eventStoreMigrations, isUnavailable, migrate } from '#event-store';
import type { Logger } from './logger.js';
import { seedMetadefs } from './seed-metadefs.js';

const pauseMs = 1_000;

export const allMigrations = [
  eventStoreMigrations,
  catalogMigrations,
  historyMigrations,
  webhookMigrations,
  accessMigrations,
  addressMigrations,
];

/** Waits for the database, then brings its schema and its starting set to this release's. @throws when it does not come up in time */
export async function prepareDatabase(url: string, timeoutSeconds: number, logger: Logger): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1_000;
  for (;;) {
    try {
      const applied = await migrate(url, allMigrations);
      if (applied.length > 0) logger.info({ applied }, 'database schema brought up to date');
      const seeded = await seedMetadefs(url);
      if (seeded.length > 0) logger.info({ seeded }, 'metadata definitions of the starting set added');
      return;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      const reason = error instanceof Error ? error.message || error.name : String(error);
      if (Date.now() > deadline) {
        throw new Error(`PostgreSQL did not answer within ${timeoutSeconds} s (DATABASE_URL): ${reason}`, {
          cause: error,
        });
      }
      logger.warn({ reason }, 'waiting for PostgreSQL (DATABASE_URL)');
      await delay(pauseMs);
    }
  }
}
