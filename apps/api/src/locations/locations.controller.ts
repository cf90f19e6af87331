import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { Config } from '#config';
import { assertDownloadable } from '#image-data';
import { CONFIG, Stores } from '#platform';
import { CurrentCall, type Call } from '../http/caller.js';
import { badRequest } from '../http/fault.js';
import { imageIdOf } from '../images/image-id.js';
import { RunImageCommand } from '../images/run-image-command.handler.js';
import { ListLocations } from './list-locations.handler.js';
import { parseLocationRequest } from './location-request.js';
import type { LocationView } from './location-view.js';

/** Where an image's data lies (Image API v2.17, "Locations"). */
@Controller('/v2/images/:id/locations')
export class LocationsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  list(@CurrentCall() { actor }: Call, @Param('id') given: string): Promise<LocationView[]> {
    return this.queries.execute(new ListLocations(imageIdOf(given), actor));
  }

  /** A task of the worker's: the data is read once, for its size and digests, before the image is active. */
  @Post()
  @HttpCode(202)
  async add(@CurrentCall() call: Call, @Param('id') given: string, @Body() body: unknown): Promise<void> {
    const id = imageIdOf(given);
    const { url: uri, expected } = parseLocationRequest(body);
    const store = this.stores.web;
    if (!store || !/^https?:/i.test(uri)) {
      throw badRequest('No store is configured for such a location: there must be an http store, and the url http(s).');
    }
    await assertDownloadable(uri, this.config.imports);
    const { requestId } = call.cause;
    const task = randomUUID();
    const method = { name: 'location', uri, expected } as const;
    const wanted = { task, requestId, method, stores: [store.name], everywhere: false, allMustSucceed: true } as const;
    const cause = { ...call.cause, correlationId: task };
    await this.commands.execute(new RunImageCommand(id, { type: 'RequestImport', ...wanted }, { ...call, cause }));
  }
}
