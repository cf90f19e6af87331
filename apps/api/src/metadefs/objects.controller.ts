import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { CurrentCall, type Call } from '../http/caller.js';
import { definitionNamed, DefinitionsController, type Definitions } from './definitions.controller.js';
import { givenBody } from './given-body.js';
import { objectView } from './metadef-views.js';
import { parseLimit, parseSortDir } from '../http/page-params.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** Properties that belong together (Image API v2, "Metadata definition objects"). */
@Controller('/v2/metadefs/namespaces/:namespace/objects')
export class ObjectsController extends DefinitionsController {
  protected readonly types = { change: 'ChangeObject', remove: 'RemoveObject', removeAll: 'RemoveObjects' } as const;

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
    return this.view(namespace, String(given.name));
  }

  protected view({ namespace, objects }: Definitions, name: string): object {
    return objectView(namespace, definitionNamed(objects, name, 'object', namespace));
  }
}
