import { upcast, type Upcasters } from '../upcasting.js';
import { bulkImportEventVersions, type BulkImportEvent } from './events.js';

const upcasters: Upcasters = {};

/** @throws Error for a type or version that this release does not know */
export function upcastBulkImportEvent(type: string, schemaVersion: number, data: object): BulkImportEvent {
  return upcast<BulkImportEvent>(bulkImportEventVersions, upcasters, { type, schemaVersion, data });
}
