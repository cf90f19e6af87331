import { bulkImportEventVersions, evolveBulkImport, upcastBulkImportEvent } from '#domain';
import { bulkWrittenToday } from './bulk-life.js';
import { proveLife } from './prove-life.js';

proveLife({
  name: 'bulk',
  versions: bulkImportEventVersions,
  example: 'BulkImportPaused',
  upcast: upcastBulkImportEvent,
  evolve: evolveBulkImport,
  writtenToday: bulkWrittenToday,
});
