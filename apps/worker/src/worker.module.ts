import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { JobQueues } from '#jobs';
import { CONFIG, LOGGER, type Logger, type RunningConfig } from '#platform';
import { AccessKeeper } from './access-keeper.js';
import { BulkPump } from './bulk-pump.js';
import { CheckpointCopier } from './checkpoint-copier.js';
import { Dispatcher } from './dispatcher.js';
import { HistoryProjector } from './history-projector.js';
import { ImportPreparation } from './import-preparation.js';
import { ImportProcessor } from './import.processor.js';
import { ImportTransfer } from './import-transfer.js';
import { PurgeProcessor } from './purge.processor.js';
import { quietly } from './quiet-errors.js';
import { RemoteImages } from './remote-image.js';
import { Scratch } from './scratch.js';
import { Sealer } from './sealer.js';
import { Sweeper } from './sweeper.js';
import { WebhookDispatcher } from './webhooks/webhook-dispatcher.js';
import { WorkerFactory } from './worker-factory.js';

/** Background jobs: imports, purges, the sweeper, the dispatcher that fills their queues, the searchable history, webhooks and seals. Needs the PlatformModule. */
@Module({})
export class WorkerModule implements OnApplicationShutdown {
  constructor(@Inject(JobQueues) private readonly queues: JobQueues) {}

  static forRoot(): DynamicModule {
    const openQueues = (config: RunningConfig, logger: Logger) =>
      new JobQueues(config, quietly(logger, 'a queue cannot be reached'));
    return {
      module: WorkerModule,
      providers: [
        { provide: JobQueues, useFactory: openQueues, inject: [CONFIG, LOGGER] },
        WorkerFactory,
        Dispatcher,
        BulkPump,
        HistoryProjector,
        Scratch,
        ImportPreparation,
        ImportTransfer,
        RemoteImages,
        ImportProcessor,
        PurgeProcessor,
        Sweeper,
        AccessKeeper,
        WebhookDispatcher,
        Sealer,
        CheckpointCopier,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queues.close();
  }
}
