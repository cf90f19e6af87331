import { Body, Controller, Get, Headers, Param, Post, Query } from '@nestjs/common';
import { CurrentCall, type Call } from '../http/caller.js';
import { definitionNamed, DefinitionsController, type Definitions } from './definitions.controller.js';
import { givenBody } from './given-body.js';
import { tagView } from './metadef-views.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';
import { pageOfTags } from './tag-page.js';

/** Words that images may be tagged with (Image API v2, "Metadata definition tags"). */
@Controller('/v2/metadefs/namespaces/:namespace/tags')
export class TagsController extends DefinitionsController {
  protected readonly types = {
    change: 'ChangeNamespaceTag',
    remove: 'RemoveNamespaceTag',
    removeAll: 'RemoveNamespaceTags',
  } as const;

  @Get()
  async list(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Query() params: Record<string, string>,
  ): Promise<object> {
    const namespace = await this.queries.execute(new ShowNamespace(name, actor));
    return { tags: pageOfTags(namespace, params).map((tag) => ({ name: tag.name })) };
  }

  @Post()
  async set(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Body() body: unknown,
    @Headers('x-openstack-append') append = '',
  ): Promise<object> {
    const given = givenBody(body);
    const command = { type: 'SetNamespaceTags', given, append: /^(1|t|true|on|y|yes)$/i.test(append.trim()) } as const;
    await this.commands.execute(new RunMetadefCommand(name, command, call));
    return { tags: given.tags };
  }

  @Post(':definition')
  async add(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('definition') tag: string,
  ): Promise<object> {
    const command = { type: 'AddNamespaceTag', name: tag } as const;
    return this.view(await this.commands.execute(new RunMetadefCommand(name, command, call)), tag);
  }

  protected view({ namespace, tags }: Definitions, name: string): object {
    return tagView(definitionNamed(tags, name, 'tag', namespace));
  }
}
