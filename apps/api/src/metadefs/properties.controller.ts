import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { CatalogNamespace } from '#catalog';
import { DomainError, named } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { Fault } from '../http/fault.js';
import { givenBody } from './given-body.js';
import { propertiesView, propertyView } from './metadef-views.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** What can be set on resources (Image API v2, "Metadata definition properties"). */
@Controller('/v2/metadefs/namespaces/:namespace/properties')
export class PropertiesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

  @Get()
  async list(@CurrentCall() { actor }: Call, @Param('namespace') name: string): Promise<object> {
    const { properties } = await this.queries.execute(new ShowNamespace(name, actor));
    return { properties: propertiesView(properties) };
  }

  @Post()
  async add(@CurrentCall() call: Call, @Param('namespace') name: string, @Body() body: unknown): Promise<object> {
    const given = givenBody(body);
    const namespace = await this.commands.execute(new RunMetadefCommand(name, { type: 'AddProperty', given }, call));
    return viewOf(namespace, String(given.name));
  }

  @Delete()
  @HttpCode(204)
  async removeAll(@CurrentCall() call: Call, @Param('namespace') name: string): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'RemoveProperties' }, call));
  }

  /** With a resource type, by the name that the property has on such a resource. */
  @Get(':property')
  async show(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Param('property') property: string,
    @Query('resource_type') resourceType?: string,
  ): Promise<object> {
    const namespace = await this.queries.execute(new ShowNamespace(name, actor));
    return viewOf(namespace, resourceType ? ownName(namespace, property, resourceType) : property);
  }

  @Put(':property')
  async change(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('property') property: string,
    @Body() body: unknown,
  ): Promise<object> {
    const command = { type: 'ChangeProperty', name: property, given: givenBody(body) } as const;
    return viewOf(await this.commands.execute(new RunMetadefCommand(name, command, call)), String(command.given.name));
  }

  @Delete(':property')
  @HttpCode(204)
  async remove(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('property') property: string,
  ): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'RemoveProperty', name: property }, call));
  }
}

function viewOf({ namespace, properties }: Pick<CatalogNamespace, 'namespace' | 'properties'>, name: string): object {
  const property = named(properties, name);
  if (!property) throw new DomainError('definition-not-found', { kind: 'property', name, namespace });
  return propertyView(property);
}

/** The name without the prefix that it has on resources of the type. */
function ownName({ namespace, resourceTypes }: CatalogNamespace, name: string, resourceType: string): string {
  const association = named(resourceTypes, resourceType);
  if (!association)
    throw new DomainError('definition-not-found', { kind: 'resource type', name: resourceType, namespace });
  const prefix = association.prefix ?? '';
  if (name.startsWith(prefix)) return name.slice(prefix.length);
  throw new Fault(
    404,
    `Property ${name} does not start with ${prefix}, as the properties of namespace ${namespace} do on ${resourceType}.`,
  );
}
