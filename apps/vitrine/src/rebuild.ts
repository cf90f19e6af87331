import { bulkImportReadModel, imageReadModel, metadefReadModel, rebuildCatalog, rebuildHistory } from '#catalog';
import type { Config } from '#config';
import { Database, EventStore } from '#event-store';
import { BulkImports, Images, Metadefs, Stores } from '#platform';
import { runningDatabaseUrl } from './database.js';

/** `vitrine rebuild`: new tables of the catalogue and the history from the log, switched in while the service goes on. */
export async function rebuild(config: Config): Promise<void> {
  const url = await runningDatabaseUrl(config);
  const stores = Stores.fromConfig(config);
  const database = new Database({ url });
  const store = new EventStore(database);
  const images = new Images(store, config, stores);
  const bulkImports = new BulkImports(store);
  const metadefs = new Metadefs(store);
  const { weights } = stores;
  const started = performance.now();
  try {
    const done = await rebuildCatalog({
      url,
      models: [
        imageReadModel({ weights, leaseSeconds: config.leaseSeconds }, (id, events) => images.fold(id, events)),
        bulkImportReadModel((id, events) => bulkImports.fold(id, events)),
        metadefReadModel((id, events) => metadefs.fold(id, events)),
      ],
    });
    const { events } = await rebuildHistory(url);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`rebuilt ${done.streams} streams, and the history, from ${events} events in ${seconds} s\n`);
  } finally {
    await database.close();
    await stores.close();
  }
}
