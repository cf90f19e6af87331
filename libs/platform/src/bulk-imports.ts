import { BulkImportProjection } from '#catalog';
import {
  bulkImportAggregate,
  DomainError,
  type BulkImportCommand,
  type BulkImportEvent,
  type BulkImportState,
} from '#domain';
import { CommandRunner, type AggregateChange, type EventStore } from '#event-store';
import { contextOf, type Cause } from './cause.js';

/** Bulk imports as wholes: every change of one goes through here. Its items are images. */
export class BulkImports extends CommandRunner<BulkImportState, BulkImportCommand, BulkImportEvent> {
  constructor(store: EventStore) {
    super(store, bulkImportAggregate, [new BulkImportProjection()]);
  }

  /** @throws DomainError, VersionConflict, DatabaseUnavailable */
  async execute(id: string, command: BulkImportCommand, cause: Cause): Promise<AggregateChange<BulkImportState>> {
    try {
      return await this.run(id, command, contextOf(command.actor, { ...cause, correlationId: id }));
    } catch (error) {
      // One that never was has no id of its own to be refused by; the caller asked for one.
      if (error instanceof DomainError && error.is('bulk-import-not-found')) throw new DomainError(error.code, { id });
      throw error;
    }
  }
}
