import type { Config } from '#config';
import { runningEmbeddedUrl, startEmbeddedPostgres } from '#event-store';
import type { Logger } from '#platform';

export interface OpenDatabase {
  /** of the schema's owner */
  readonly url: string;
  close(): Promise<void>;
}

/** The database of the configuration, or an embedded one that lives as long as this process. */
export async function openDatabase(config: Config, parts: readonly string[], logger: Logger): Promise<OpenDatabase> {
  if (config.databaseUrl) return { url: config.databaseUrl, close: () => Promise.resolve() };
  if (parts.length < 2) {
    throw new Error(
      'set DATABASE_URL: only "vitrine start" brings a PostgreSQL of its own; separate processes share one',
    );
  }
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (line) => logger.debug({ postgres: line }, 'embedded PostgreSQL'),
  });
  return { url: postgres.url, close: () => postgres.stop() };
}

/** For commands beside a running service: its database. */
export async function runningDatabaseUrl(config: Config): Promise<string> {
  const url = config.databaseUrl ?? (await runningEmbeddedUrl(config.dataDir));
  if (!url) throw new Error(`set DATABASE_URL, or start the service: no PostgreSQL runs for ${config.dataDir}`);
  return url;
}
