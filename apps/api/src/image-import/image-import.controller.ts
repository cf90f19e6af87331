import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import type { Config } from '#config';
import type { Statement } from '#event-store';
import { assertDownloadable } from '#image-data';
import { CONFIG, ImportAddresses, Stores } from '#platform';
import { CurrentCall, type Call } from '../http/caller.js';
import { imageIdOf } from '../images/image-id.js';
import { RunImageCommand } from '../images/run-image-command.handler.js';
import { GlanceDownloads } from './glance-downloads.js';
import { parseImportRequest, storesFor } from './import-request.js';
import { ListImageTasks } from './list-image-tasks.handler.js';

/** Interoperable image import (Image API v2, "Import an image" and "List image tasks"). */
@Controller('/v2/images/:id')
export class ImageImportController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(GlanceDownloads) private readonly downloads: GlanceDownloads,
    @Inject(ImportAddresses) private readonly addresses: ImportAddresses,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Trip 4 begins here: the request is an event; a worker does the rest. */
  @Post('import')
  @HttpCode(202)
  async import(
    @CurrentCall() call: Call,
    @Param('id') given: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const id = imageIdOf(given);
    const wanted = parseImportRequest(body);
    const stores = storesFor(wanted, request.headers['x-image-meta-store'], this.stores);
    const { allStores: everywhere, allMustSucceed } = wanted;
    let { method } = wanted;
    const alongside: Statement[] = [];
    if (method.name === 'web-download') {
      await assertDownloadable(method.uri, this.config.imports);
      const keeper = this.addresses.keeper();
      method = { ...method, uri: keeper.alias(id, method.uri) };
      alongside.push(...(await keeper.statements()));
    }
    const { requestId } = call.cause;
    const task = randomUUID();
    if (method.name === 'glance-download') {
      method = await this.downloads.locate(method, request);
      alongside.push(await this.downloads.keepRights(id, task, request));
    }
    const cause = { ...call.cause, correlationId: task };
    const command = { type: 'RequestImport', task, requestId, method, stores, everywhere, allMustSucceed } as const;
    await this.commands.execute(new RunImageCommand(id, command, { ...call, cause }, alongside));
  }

  @Get('tasks')
  async tasks(@CurrentCall() { actor }: Call, @Param('id') given: string): Promise<object> {
    return { tasks: await this.queries.execute(new ListImageTasks(imageIdOf(given), actor)) };
  }
}
