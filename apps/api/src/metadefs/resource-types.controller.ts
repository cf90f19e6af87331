import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { associationView } from '#catalog';
import { named } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { givenBody } from './given-body.js';
import { ListResourceTypes } from './list-resource-types.handler.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** For which resources a namespace defines properties (Image API v2, "Metadata definition resource types"). */
@Controller('/v2/metadefs')
export class ResourceTypesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get('resource_types')
  async list(@CurrentCall() { actor }: Call): Promise<object> {
    return { resource_types: await this.queries.execute(new ListResourceTypes(actor)) };
  }

  @Get('namespaces/:namespace/resource_types')
  async listOf(@CurrentCall() { actor }: Call, @Param('namespace') name: string): Promise<object> {
    const { resourceTypes } = await this.queries.execute(new ShowNamespace(name, actor));
    return { resource_type_associations: resourceTypes.map(associationView) };
  }

  @Post('namespaces/:namespace/resource_types')
  async associate(@CurrentCall() call: Call, @Param('namespace') name: string, @Body() body: unknown): Promise<object> {
    const given = givenBody(body);
    const command = { type: 'AssociateResourceType', given } as const;
    const { resourceTypes } = await this.commands.execute(new RunMetadefCommand(name, command, call));
    return associationView(named(resourceTypes, String(given.name))!);
  }

  @Delete('namespaces/:namespace/resource_types/:type')
  @HttpCode(204)
  async dissociate(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('type') type: string,
  ): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'DissociateResourceType', name: type }, call));
  }
}
