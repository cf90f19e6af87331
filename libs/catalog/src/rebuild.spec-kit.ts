import pg from 'pg';
import type { TestCatalog } from './catalog.spec-kit.js';
import { leaseSeconds, weights } from './catalog.spec-kit.js';
import { bulkImportReadModel, imageReadModel, metadefReadModel } from './read-model.js';
import { rebuildCatalog } from './rebuild.js';

export function rebuild(
  { url, images, metadefs, bulkImports }: TestCatalog,
  onProgress?: (streams: number) => void | Promise<void>,
) {
  return rebuildCatalog({
    url,
    models: [
      imageReadModel({ weights, leaseSeconds }, (id, events) => images.fold(id, events)),
      bulkImportReadModel((id, events) => bulkImports.fold(id, events)),
      metadefReadModel((id, events) => metadefs.fold(id, events)),
    ],
    ...(onProgress && { onProgress }),
  });
}

export const everyTable = [
  ...['images', 'labels', 'members', 'blobs', 'work', 'tasks', 'bulk_items', 'usage', 'bulk_imports'],
  ...['metadef_namespaces', 'metadef_resource_types'],
]
  .map((table) => `catalog.${table}`)
  .join(', ');

/** What the tables are, beside their rows: columns, indexes, rights and statistics. */
export const structure = `
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as what
    from information_schema.columns where table_schema = 'catalog'
  union all select indexdef from pg_indexes where schemaname = 'catalog'
  union all select grantee || ' ' || privilege_type || ' ' || table_name
    from information_schema.role_table_grants where table_schema = 'catalog'
  union all select relname || ' was analyzed' from pg_class
    where relnamespace = 'catalog'::regnamespace and relkind = 'r' and reltuples >= 0
  order by 1`;

/** Somebody else at the same database, with the owner's rights. */
export class Bystander {
  private constructor(private readonly client: pg.Client) {}

  static async at(url: string): Promise<Bystander> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new Bystander(client);
  }

  async run<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.client.query<Row>(sql)).rows;
  }

  /** As pg_dump does for as long as it runs. */
  async readTables(): Promise<void> {
    await this.run(`begin; lock table ${everyTable} in access share mode`);
  }

  async untilRebuildWaits(): Promise<void> {
    for (;;) {
      const [row] = await this.run<{ waits: boolean }>(
        // In a transaction pg_stat_activity stands still unless it is told otherwise.
        `select count(*) > 0 as waits, pg_stat_clear_snapshot() from pg_stat_activity where wait_event_type = 'Lock' and ${isRebuild}`,
      );
      if (row!.waits) return;
    }
  }

  async killRebuild(): Promise<void> {
    await this.run(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where ${isRebuild}`);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

const isRebuild = `application_name = 'vitrine rebuild' and datname = current_database()`;
