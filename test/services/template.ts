import { migrate } from '#event-store';
import { allMigrations, seedMetadefs } from '#platform';
import { asAdmin, templates } from './database.js';

/** The databases that every spec's own is cloned from. */
export async function makeTemplates(adminUrl: string): Promise<void> {
  const url = new URL(adminUrl);
  await asAdmin(adminUrl, `create database ${templates.empty}`);
  url.pathname = `/${templates.empty}`;
  await migrate(url.href, allMigrations);
  await asAdmin(adminUrl, `create database ${templates.installed} template ${templates.empty}`);
  url.pathname = `/${templates.installed}`;
  await seedMetadefs(url.href);
}
