import { rmSync } from 'node:fs';
import { startEmbeddedPostgres } from '#event-store';
import { Cloud } from '../services/cloud.js';
import type { Settings } from '../services/vitrine.js';
import { makeTemplates } from '../services/template.js';
import { scratchDirectory } from '../services/scratch.js';

/** What a measurement finds prepared. */
export interface Setting {
  readonly directory: string;
  /** a migrated database with nothing in it */
  newCloud(settings?: Settings): Promise<Cloud>;
  close(): Promise<void>;
}

/** A PostgreSQL as `npm start` brings it: durable, with its own settings. */
export async function prepare(): Promise<Setting> {
  const directory = scratchDirectory('bench');
  const postgres = await startEmbeddedPostgres({ dataDir: directory });
  await makeTemplates(postgres.url);
  process.env.TEST_DATABASE_URL = postgres.url;
  const clouds: Cloud[] = [];
  return {
    directory,
    newCloud: async (settings) => {
      const cloud = await Cloud.create({ VITRINE_LOG_LEVEL: 'info', ...settings });
      clouds.push(cloud);
      return cloud;
    },
    close: async () => {
      for (const cloud of clouds) await cloud.remove();
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
