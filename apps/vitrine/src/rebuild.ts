import { ImageCatalogProjection, rebuildCatalog } from '#catalog';
import type { Config } from '#config';
import { Database, EventStore } from '#event-store';
import { Images, Stores } from '#platform';
import { runningDatabaseUrl } from './database.js';

/** `vitrine rebuild`: new catalogue tables from the log, switched in while the service goes on. */
export async function rebuild(config: Config): Promise<void> {
  const url = await runningDatabaseUrl(config);
  const stores = Stores.fromConfig(config);
  const database = new Database({ url });
  const images = new Images(new EventStore(database), config, stores);
  const { weights } = stores;
  const started = performance.now();
  try {
    const done = await rebuildCatalog({
      url,
      projection: (schema) => new ImageCatalogProjection({ weights, leaseSeconds: config.leaseSeconds, schema }),
      fold: (events) => images.fold(events[0]!.streamId, events),
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`rebuilt ${done.images} images from ${done.events} events in ${seconds} s\n`);
  } finally {
    await database.close();
    await stores.close();
  }
}
