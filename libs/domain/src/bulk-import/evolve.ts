import { unreachable } from '../aggregate.js';
import type { BulkImport, BulkImportState } from './bulk-import.js';
import type { BulkImportEvent } from './events.js';

/** The bulk import after the event. Never refuses: what is in the log has happened. */
export function evolveBulkImport(state: BulkImportState, event: BulkImportEvent, at: Date): BulkImport {
  if (event.type === 'BulkImportRequested') {
    const { id, items, concurrency, attempts, on_error: onError, digest, requested_by: by } = event.data;
    return {
      ...{ id, items, concurrency, attempts, onError, digest },
      ...{ project: by.project_id, userId: by.user_id, status: 'requested', reason: null },
      ...{ goesOnSince: at, createdAt: at, updatedAt: at },
    };
  }
  if (state === undefined) throw new Error(`${event.type} before BulkImportRequested`);
  const moved: BulkImport = { ...state, status: event.data.status.to, reason: null, updatedAt: at };
  switch (event.type) {
    case 'BulkImportAccepted':
    case 'BulkImportPaused':
    case 'BulkImportFinished':
      return moved;
    case 'BulkImportResumed':
    case 'BulkImportRetried':
      return { ...moved, goesOnSince: at };
    case 'BulkImportCancelled':
      return { ...moved, reason: event.data.reason };
    case 'BulkImportStopped':
      return { ...moved, reason: `item ${event.data.line} failed: ${event.data.reason}` };
    default:
      return unreachable(event);
  }
}
