import { migrate } from '#event-store';
import { allMigrations } from '#platform';
import { asAdmin, templateName } from './database.js';

/** The migrated database that every spec's own is cloned from. */
export async function migrateTemplate(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, `create database ${templateName}`);
  const url = new URL(adminUrl);
  url.pathname = `/${templateName}`;
  await migrate(url.href, allMigrations);
}
