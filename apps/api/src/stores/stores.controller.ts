import { Controller, Delete, Get, HttpCode, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { ObjectStore } from '#object-store';
import { Stores } from '#platform';
import { CurrentCall, type Call } from '../http/caller.js';
import { Fault } from '../http/fault.js';
import { imageIdOf } from '../images/image-id.js';
import { RunImageCommand } from '../images/run-image-command.handler.js';

/** Where bytes lie, and taking an image's out of one place (Image API v2, "Stores"). */
@Controller('/v2')
export class StoresController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(Stores) private readonly stores: Stores,
  ) {}

  @Get('info/stores')
  list(): object {
    return { stores: this.stores.all.map((store) => this.view(store)) };
  }

  /** For those who have to know of what kind a store is: admins and services. */
  @Get('info/stores/detail')
  detail(@CurrentCall() { actor }: Call): object {
    if (!actor.roles.includes('admin') && !actor.roles.includes('service')) {
      throw new Fault(403, 'You are not authorized to see the details of stores.');
    }
    const details = ({ kind, weight }: ObjectStore) => ({ type: kind, weight, properties: {} });
    return { stores: this.stores.all.map((store) => ({ ...this.view(store), ...details(store) })) };
  }

  @Delete('stores/:store/:id')
  @HttpCode(204)
  async removeData(
    @CurrentCall() call: Call,
    @Param('store') store: string,
    @Param('id') given: string,
  ): Promise<void> {
    const id = imageIdOf(given);
    if (!this.stores.find(store)) throw new Fault(409, `The store ${store} is not one of ${this.stores.names}.`);
    await this.commands.execute(new RunImageCommand(id, { type: 'RemoveDataFromStore', store }, call));
  }

  private view(store: ObjectStore): object {
    return {
      id: store.name,
      ...(store === this.stores.default && { default: 'true' }),
      ...(store.readOnly && { 'read-only': 'true' }),
    };
  }
}
