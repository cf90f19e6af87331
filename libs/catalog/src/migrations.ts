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

/** Of the access log: a schema of its own, because it comes of no event and is never rebuilt. */
export const accessMigrations: MigrationSource = {
  lib: 'access',
  directory: new URL('../migrations/access/', import.meta.url),
  schema: 'access',
};

/** Of the addresses that the log must not know: a schema of its own, because no rebuild may lose it. */
export const addressMigrations: MigrationSource = {
  lib: 'addresses',
  directory: new URL('../migrations/addresses/', import.meta.url),
  schema: 'addresses',
};
