import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import {
  AccessLog,
  BlobPlaces,
  BulkBacklog,
  BulkCatalog,
  History,
  ImageCatalog,
  MetadefCatalog,
  SealedAddresses,
  TaskCatalog,
  WebhookCatalog,
  WebhookProgress,
  WorkQueue,
} from '#catalog';
import type { Config } from '#config';
import { Database, EventFeed, EventStore, Seals } from '#event-store';
import { BuiltinDelegation, KeystoneDelegation } from '#identity';
import { BulkImports } from './bulk-imports.js';
import { EventTeller } from './event-teller.js';
import { Images } from './images.js';
import { ImportAddresses } from './import-addresses.js';
import { ImportCredentials } from './import-credentials.js';
import type { Logger } from './logger.js';
import { Metadefs } from './metadefs.js';
import { Quotas } from './quotas.js';
import { SharedBlobs } from './shared-blobs.js';
import { Stores } from './stores.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { Webhooks } from './webhooks.js';

/** Injection tokens of what is no class. */
export const CONFIG = Symbol('config');
export const LOGGER = Symbol('logger');

/** A configuration whose database is known: the launcher has started the embedded one if none was given. */
export type RunningConfig = Config & { readonly databaseUrl: string };

/** Joins the libs into one running whole, the same for the API and the worker. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EventFeed) private readonly feed: EventFeed,
    @Inject(Stores) private readonly stores: Stores,
  ) {}

  static forRoot(config: RunningConfig, logger: Logger): DynamicModule {
    const delegation = config.keystone
      ? new KeystoneDelegation(config.keystone)
      : new BuiltinDelegation(config.dataDir);
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: Database, useFactory: () => new Database({ url: config.databaseUrl }) },
      { provide: EventStore, useFactory: (database: Database) => new EventStore(database), inject: [Database] },
      { provide: EventFeed, useFactory: (database: Database) => new EventFeed(database), inject: [Database] },
      { provide: AccessLog, useFactory: (database: Database) => new AccessLog(database), inject: [Database] },
      { provide: Seals, useFactory: (database: Database) => new Seals(database), inject: [Database] },
      { provide: History, useFactory: (database: Database) => new History(database), inject: [Database] },
      { provide: ImageCatalog, useFactory: (database: Database) => new ImageCatalog(database), inject: [Database] },
      { provide: BulkCatalog, useFactory: (database: Database) => new BulkCatalog(database), inject: [Database] },
      {
        provide: BulkBacklog,
        useFactory: (database: Database) => new BulkBacklog(database, config.requeueSeconds),
        inject: [Database],
      },
      { provide: MetadefCatalog, useFactory: (database: Database) => new MetadefCatalog(database), inject: [Database] },
      { provide: TaskCatalog, useFactory: (database: Database) => new TaskCatalog(database), inject: [Database] },
      {
        provide: Quotas,
        useFactory: (catalog: ImageCatalog) => new Quotas(catalog, config.projectQuotas),
        inject: [ImageCatalog],
      },
      {
        provide: WorkQueue,
        useFactory: (database: Database) => new WorkQueue(database, config.leaseSeconds),
        inject: [Database],
      },
      {
        provide: ImportCredentials,
        useFactory: (work: WorkQueue) => new ImportCredentials(work, delegation),
        inject: [WorkQueue],
      },
      {
        provide: ImportAddresses,
        useFactory: (database: Database) => new ImportAddresses(new SealedAddresses(database), delegation),
        inject: [Database],
      },
      { provide: Stores, useFactory: () => Stores.fromConfig(config) },
      {
        provide: Images,
        useFactory: (store: EventStore, stores: Stores) => new Images(store, config, stores),
        inject: [EventStore, Stores],
      },
      {
        provide: SharedBlobs,
        useFactory: (database: Database, stores: Stores) => new SharedBlobs(new BlobPlaces(database), stores),
        inject: [Database, Stores],
      },
      {
        provide: EventTeller,
        useFactory: (store: EventStore, images: Images, { weights }: Stores) => new EventTeller(store, images, weights),
        inject: [EventStore, Images, Stores],
      },
      { provide: BulkImports, useFactory: (store: EventStore) => new BulkImports(store), inject: [EventStore] },
      { provide: Webhooks, useFactory: (store: EventStore) => new Webhooks(store), inject: [EventStore] },
      { provide: WebhookCatalog, useFactory: (database: Database) => new WebhookCatalog(database), inject: [Database] },
      {
        provide: WebhookProgress,
        useFactory: (database: Database) => new WebhookProgress(database),
        inject: [Database],
      },
      { provide: WebhookSecrets, useFactory: () => new WebhookSecrets(delegation) },
      { provide: Metadefs, useFactory: (store: EventStore) => new Metadefs(store), inject: [EventStore] },
    ];
    return { module: PlatformModule, providers, exports: providers.map(({ provide }) => provide) };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.feed.stop();
    await this.stores.close();
    await this.database.close();
  }
}
