import { MetadefCatalogProjection } from '#catalog';
import { DomainError, metadefAggregate, type MetadefCommand, type MetadefEvent, type MetadefState } from '#domain';
import { CommandRunner, VersionConflict, type AggregateChange, type EventStore } from '#event-store';
import { contextOf, type Cause } from './cause.js';

/** The namespaces of metadata definitions: every change of one goes through here, and its catalogue rows with it. */
export class Metadefs extends CommandRunner<MetadefState, MetadefCommand, MetadefEvent> {
  constructor(store: EventStore) {
    super(store, metadefAggregate, [new MetadefCatalogProjection()]);
  }

  /** @throws DomainError, VersionConflict, DatabaseUnavailable */
  async execute(id: string, command: MetadefCommand, cause: Cause): Promise<AggregateChange<MetadefState>> {
    try {
      return await this.run(id, command, contextOf(command.actor, cause));
    } catch (error) {
      // One name, one namespace: no stream can know the others', so the catalogue's constraint is the rule.
      if (error instanceof VersionConflict && error.constraint === 'metadef_namespaces_namespace_key') {
        const wanted = 'given' in command ? String(command.given.namespace) : '';
        throw new DomainError('namespace-exists', { namespace: wanted });
      }
      throw error;
    }
  }
}
