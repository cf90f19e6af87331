import type { MigrationSource } from '#event-store';

export const catalogMigrations: MigrationSource = {
  lib: 'catalog',
  directory: new URL('../migrations/', import.meta.url),
  schema: 'catalog',
};

/** Of the searchable history: a schema of its own, because it is written behind the log and rebuilt by itself. */
export const historyMigrations: MigrationSource = {
  lib: 'history',
  directory: new URL('../migrations/history/', import.meta.url),
  schema: 'history',
};

/** Of webhooks: a schema of its own, because no rebuild may lose it. */
export const webhookMigrations: MigrationSource = {
  lib: 'webhooks',
  directory: new URL('../migrations/webhooks/', import.meta.url),
  schema: 'webhooks',
};
