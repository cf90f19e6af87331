import { BulkImportsController } from './bulk-imports.controller.js';
import { ChangeBulkImportHandler } from './change-bulk-import.handler.js';
import { ListBulkImportsHandler, ListBulkItemsHandler, ShowBulkImportHandler } from './list-bulk-imports.handler.js';
import { RequestBulkImportHandler } from './request-bulk-import.handler.js';

export const bulkImports = {
  controllers: [BulkImportsController],
  handlers: [
    ChangeBulkImportHandler,
    ListBulkImportsHandler,
    ListBulkItemsHandler,
    RequestBulkImportHandler,
    ShowBulkImportHandler,
  ],
};
