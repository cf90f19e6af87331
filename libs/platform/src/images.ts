import {
  BulkItemProjection,
  ImageCatalogProjection,
  SealedAddressProjection,
  TaskProjection,
  UsageProjection,
} from '#catalog';
import type { Config } from '#config';
import { DomainError, imageAggregate, type ImageCommand, type ImageEvent, type ImageState } from '#domain';
import { CommandRunner, type AggregateChange, type EventStore, type Expected, type Statement } from '#event-store';
import { contextOf, type Cause } from './cause.js';
import type { Stores } from './stores.js';

/** The images: every change of one goes through here, with its catalogue rows, its tasks and its project's usage. */
export class Images extends CommandRunner<ImageState, ImageCommand, ImageEvent> {
  constructor(
    store: EventStore,
    config: Pick<Config, 'imageLimits' | 'projectQuotas' | 'propertyProtections' | 'leaseSeconds'>,
    stores: Pick<Stores, 'weights'>,
  ) {
    const projection = new ImageCatalogProjection({ weights: stores.weights, leaseSeconds: config.leaseSeconds });
    super(store, imageAggregate(config.imageLimits, config.propertyProtections), [
      projection,
      new TaskProjection(),
      new BulkItemProjection(),
      new UsageProjection(config.projectQuotas),
      new SealedAddressProjection(),
    ]);
  }

  /** @throws DomainError, UnexpectedVersion, VersionConflict, DatabaseUnavailable */
  execute(
    id: string,
    command: ImageCommand,
    cause: Cause,
    expected?: Expected,
    alongside?: readonly Statement[],
  ): Promise<AggregateChange<ImageState>> {
    return this.run(id, command, contextOf(command.actor, cause), expected, alongside).catch((error: unknown) => {
      throw named(error, id);
    });
  }

  /** Images that begin, by one actor: all or none. @throws DomainError, VersionConflict, DatabaseUnavailable */
  async executeNew(
    commands: readonly { readonly id: string; readonly command: ImageCommand }[],
    cause: Cause,
    alongside?: readonly Statement[],
  ): Promise<void> {
    await this.runNew(commands, contextOf(commands[0]!.command.actor, cause), alongside);
  }
}

/** An image that never was has no id of its own to be refused by; the caller asked for one. */
function named(error: unknown, id: string): unknown {
  const nameless = error instanceof DomainError && error.code === 'image-not-found';
  return nameless ? new DomainError('image-not-found', { id }) : error;
}
