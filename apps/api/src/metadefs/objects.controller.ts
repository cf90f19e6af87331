import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { CatalogNamespace } from '#catalog';
import { DomainError, named } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { givenBody } from './given-body.js';
import { objectView } from './metadef-views.js';
import { parseLimit, parseSortDir } from '../http/page-params.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** Properties that belong together (Image API v2, "Metadata definition objects"). */
@Controller('/v2/metadefs/namespaces/:namespace/objects')
export class ObjectsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  /** Always all of them, as Glance answers; a limit or direction that makes no sense is refused as there. */
  @Get()
  async list(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Query('limit') limit?: string,
    @Query('sort_dir') sortDir?: string,
  ): Promise<object> {
    parseLimit(limit, 1);
    parseSortDir(sortDir);
    const namespace = await this.queries.execute(new ShowNamespace(name, actor));
    const objects = namespace.objects.map((object) => objectView(namespace.namespace, object));
    // Without a slash before it, as everywhere since the first release of this API.
    return { objects, schema: 'v2/schemas/metadefs/objects' };
  }

  @Post()
  async add(@CurrentCall() call: Call, @Param('namespace') name: string, @Body() body: unknown): Promise<object> {
    const given = givenBody(body);
    const namespace = await this.commands.execute(new RunMetadefCommand(name, { type: 'AddObject', given }, call));
    return viewOf(namespace, String(given.name));
  }

  @Delete()
  @HttpCode(204)
  async removeAll(@CurrentCall() call: Call, @Param('namespace') name: string): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'RemoveObjects' }, call));
  }

  @Get(':object')
  async show(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Param('object') object: string,
  ): Promise<object> {
    return viewOf(await this.queries.execute(new ShowNamespace(name, actor)), object);
  }

  @Put(':object')
  async change(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('object') object: string,
    @Body() body: unknown,
  ): Promise<object> {
    const command = { type: 'ChangeObject', name: object, given: givenBody(body) } as const;
    return viewOf(await this.commands.execute(new RunMetadefCommand(name, command, call)), String(command.given.name));
  }

  @Delete(':object')
  @HttpCode(204)
  async remove(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('object') object: string,
  ): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'RemoveObject', name: object }, call));
  }
}

function viewOf({ namespace, objects }: Pick<CatalogNamespace, 'namespace' | 'objects'>, name: string): object {
  const object = named(objects, name);
  if (!object) throw new DomainError('definition-not-found', { kind: 'object', name, namespace });
  return objectView(namespace, object);
}
