import { unreachable, type Aggregate } from '../aggregate.js';
import { DomainError } from '../domain-error.js';
import type { BulkImport, BulkImportState, BulkImportStatus } from './bulk-import.js';
import type { BulkImportCommand } from './commands.js';
import { bulkImportEventVersions, type BulkImportEvent } from './events.js';
import { evolveBulkImport } from './evolve.js';
import { assertMayOnBulkImport, assertMayRequestBulkImport } from './policy.js';
import { upcastBulkImportEvent } from './upcast.js';

/** What the command changes about the bulk import, or a DomainError with the rule that forbids it. */
export function decideBulkImport(command: BulkImportCommand, state: BulkImportState): readonly BulkImportEvent[] {
  if (command.type === 'RequestBulkImport') return request(command, state);
  if (state === undefined) throw new DomainError('bulk-import-not-found', { id: '' });
  const { status } = state;
  const to = (next: BulkImportStatus) => ({ status: { from: status, to: next } });

  switch (command.type) {
    case 'AcceptBulkImport':
      return status === 'requested' ? [{ type: 'BulkImportAccepted', data: to('running') }] : [];
    case 'PauseBulkImport':
      assertMayOnBulkImport('pause', command.actor, state);
      if (status === 'paused') return [];
      if (status !== 'running') needs(state, 'pause', 'running');
      return [{ type: 'BulkImportPaused', data: to('paused') }];
    case 'ResumeBulkImport':
      assertMayOnBulkImport('resume', command.actor, state);
      if (status === 'running') return [];
      if (status !== 'paused' && status !== 'stopped') needs(state, 'resume', 'paused or stopped');
      return [{ type: 'BulkImportResumed', data: to('running') }];
    case 'CancelBulkImport':
      assertMayOnBulkImport('cancel', command.actor, state);
      if (status === 'cancelled') return [];
      if (status === 'finished') needs(state, 'cancel', 'not finished');
      return [{ type: 'BulkImportCancelled', data: { ...to('cancelled'), reason: command.reason } }];
    case 'RetryBulkImport':
      assertMayOnBulkImport('retry', command.actor, state);
      if (status === 'requested') needs(state, 'retry', 'accepted');
      // What is paused stays so: its items wait with the others.
      return [
        {
          type: 'BulkImportRetried',
          data: { ...to(status === 'paused' ? 'paused' : 'running'), items: command.items },
        },
      ];

    // What Vitrine itself has seen may be over by the time that it says so.
    case 'StopBulkImport': {
      const { line, imageId, reason } = command;
      if (status !== 'running') return [];
      return [{ type: 'BulkImportStopped', data: { ...to('stopped'), line, image_id: imageId, reason } }];
    }
    case 'FinishBulkImport':
      return status === 'running'
        ? [{ type: 'BulkImportFinished', data: { ...to('finished'), ...command.result } }]
        : [];
    default:
      return unreachable(command);
  }
}

function request(
  command: Extract<BulkImportCommand, { type: 'RequestBulkImport' }>,
  state: BulkImportState,
): BulkImportEvent[] {
  const { actor, id, items, concurrency, attempts, onError, digest } = command;
  assertMayRequestBulkImport(actor);
  if (state && state.digest !== digest) throw new DomainError('bulk-import-differs', { id });
  if (state) return [];
  return [
    {
      type: 'BulkImportRequested',
      data: {
        ...{ id, items, concurrency, attempts, on_error: onError, digest },
        requested_by: { user_id: actor.userId, project_id: actor.projectId },
      },
    },
  ];
}

function needs({ id, status }: BulkImport, operation: string, what: string): never {
  throw new DomainError('bulk-import-wrong-status', { id, status, operation, needs: what });
}

export const bulkImportAggregate: Aggregate<BulkImportState, BulkImportCommand, BulkImportEvent> = {
  name: 'bulk',
  initial: undefined,
  decide: decideBulkImport,
  evolve: evolveBulkImport,
  schemaVersions: bulkImportEventVersions,
  upcast: upcastBulkImportEvent,
};
