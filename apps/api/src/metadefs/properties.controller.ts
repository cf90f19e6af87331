import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { CatalogNamespace } from '#catalog';
import { CurrentCall, type Call } from '../http/caller.js';
import { Fault } from '../http/fault.js';
import { definitionNamed, DefinitionsController, type Definitions } from './definitions.controller.js';
import { givenBody } from './given-body.js';
import { propertiesView, propertyView } from './metadef-views.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** What can be set on resources (Image API v2, "Metadata definition properties"). */
@Controller('/v2/metadefs/namespaces/:namespace/properties')
export class PropertiesController extends DefinitionsController {
  protected readonly types = {
    change: 'ChangeProperty',
    remove: 'RemoveProperty',
    removeAll: 'RemoveProperties',
  } as const;

  @Get()
  async list(@CurrentCall() { actor }: Call, @Param('namespace') name: string): Promise<object> {
    const { properties } = await this.queries.execute(new ShowNamespace(name, actor));
    return { properties: propertiesView(properties) };
  }

  @Post()
  async add(@CurrentCall() call: Call, @Param('namespace') name: string, @Body() body: unknown): Promise<object> {
    const given = givenBody(body);
    const namespace = await this.commands.execute(new RunMetadefCommand(name, { type: 'AddProperty', given }, call));
    return this.view(namespace, String(given.name));
  }

  protected view({ namespace, properties }: Definitions, name: string): object {
    return propertyView(definitionNamed(properties, name, 'property', namespace));
  }

  /** Without the prefix that properties have on resources of the type. */
  protected override ownName({ namespace, resourceTypes }: CatalogNamespace, name: string, type: string): string {
    const prefix = definitionNamed(resourceTypes, type, 'resource type', namespace).prefix ?? '';
    if (name.startsWith(prefix)) return name.slice(prefix.length);
    throw new Fault(
      404,
      `Property ${name} does not start with ${prefix}, as the properties of namespace ${namespace} do on ${type}.`,
    );
  }
}
