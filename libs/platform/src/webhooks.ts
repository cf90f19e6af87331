import { WebhookProjection } from '#catalog';
import { DomainError, webhookAggregate, type WebhookCommand, type WebhookEvent, type WebhookState } from '#domain';
import { CommandRunner, type AggregateChange, type EventStore, type Statement } from '#event-store';
import { contextOf, type Cause } from './cause.js';

/** Webhooks as they are managed: every change of one goes through here. */
export class Webhooks extends CommandRunner<WebhookState, WebhookCommand, WebhookEvent> {
  constructor(store: EventStore) {
    super(store, webhookAggregate, [new WebhookProjection()]);
  }

  /** `alongside`: what the log must not know. @throws DomainError, VersionConflict, DatabaseUnavailable */
  async execute(
    id: string,
    command: WebhookCommand,
    cause: Cause,
    alongside: readonly Statement[] = [],
  ): Promise<AggregateChange<WebhookState>> {
    try {
      return await this.run(id, command, contextOf(command.actor, cause), undefined, alongside);
    } catch (error) {
      if (error instanceof DomainError && error.is('webhook-not-found')) throw new DomainError(error.code, { id });
      throw error;
    }
  }
}
