import type { MigrationSource } from '#event-store';

export const catalogMigrations: MigrationSource = {
  lib: 'catalog',
  directory: new URL('../migrations/', import.meta.url),
  schema: 'catalog',
};
