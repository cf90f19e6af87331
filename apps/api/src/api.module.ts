import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { IdentityProvider } from '#identity';
import { access } from './access/access.js';
import { audit } from './audit/audit.js';
import { bulkImports } from './bulk-imports/bulk-imports.js';
import { history } from './history/history.js';
import { ErrorFilter } from './http/error.filter.js';
import { IDENTITY } from './http/identity-provider.js';
import { Metrics } from './http/metrics.js';
import { RouteTable } from './http/route-table.js';
import { ImageDataController } from './image-data/image-data.controller.js';
import { OpenDataHandler } from './image-data/open-data.handler.js';
import { ReceiveDataHandler } from './image-data/receive-data.handler.js';
import { RunningTransfers } from './image-data/running-transfers.js';
import { UploadLeases } from './image-data/upload-leases.js';
import { GlanceDownloads } from './image-import/glance-downloads.js';
import { ImageImportController } from './image-import/image-import.controller.js';
import { ListImageTasksHandler } from './image-import/list-image-tasks.handler.js';
import { ImageViews } from './images/image-views.js';
import { ImagesController } from './images/images.controller.js';
import { ListImagesHandler } from './images/list-images.handler.js';
import { ReadableProperties } from './images/readable-properties.js';
import { RunImageCommandHandler } from './images/run-image-command.handler.js';
import { ShowImageHandler } from './images/show-image.handler.js';
import { live } from './live/live.js';
import { ListLocationsHandler } from './locations/list-locations.handler.js';
import { LocationsController } from './locations/locations.controller.js';
import { ListMembersHandler } from './members/list-members.handler.js';
import { PatchedLocations } from './locations/patched-locations.js';
import { MembersController } from './members/members.controller.js';
import { metadefs } from './metadefs/metadefs.js';
import { MetadefSchemasController } from './schemas/metadef-schemas.controller.js';
import { SchemasController } from './schemas/schemas.controller.js';
import { InfoController } from './service/info.controller.js';
import { PublicUrl } from './service/public-url.js';
import { ServiceController } from './service/service.controller.js';
import { ShowUsageHandler } from './service/show-usage.handler.js';
import { StoresController } from './stores/stores.controller.js';
import { ListTasksHandler } from './tasks/list-tasks.handler.js';
import { ShowTaskHandler } from './tasks/show-task.handler.js';
import { TasksController } from './tasks/tasks.controller.js';
import { webhooks } from './webhooks/webhooks.js';

const handlers = [
  ...access.handlers,
  ...audit.handlers,
  ...bulkImports.handlers,
  ...history.handlers,
  ListImageTasksHandler,
  ListImagesHandler,
  ListLocationsHandler,
  ListMembersHandler,
  ListTasksHandler,
  ...metadefs.handlers,
  OpenDataHandler,
  ReceiveDataHandler,
  RunImageCommandHandler,
  ShowImageHandler,
  ShowTaskHandler,
  ShowUsageHandler,
  ...webhooks.handlers,
];

/** HTTP: turns requests into commands and queries, streams bytes; holds no state and no rule. Needs the PlatformModule. */
@Module({})
export class ApiModule {
  static forRoot(identity: IdentityProvider): DynamicModule {
    return {
      module: ApiModule,
      imports: [CqrsModule],
      controllers: [
        ...access.controllers,
        ...audit.controllers,
        ...bulkImports.controllers,
        ...history.controllers,
        ImageDataController,
        ImageImportController,
        ImagesController,
        InfoController,
        ...live.controllers,
        LocationsController,
        MembersController,
        ...metadefs.controllers,
        MetadefSchemasController,
        SchemasController,
        ServiceController,
        StoresController,
        TasksController,
        ...webhooks.controllers,
      ],
      providers: [
        ...handlers,
        ...access.providers,
        ...history.providers,
        ...live.providers,
        { provide: IDENTITY, useValue: identity },
        GlanceDownloads,
        Metrics,
        PublicUrl,
        ImageViews,
        PatchedLocations,
        ReadableProperties,
        RouteTable,
        RunningTransfers,
        UploadLeases,
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
