import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { CatalogNamespace } from '#catalog';
import { DomainError, named } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { givenBody } from './given-body.js';
import { tagView } from './metadef-views.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';
import { pageOfTags } from './tag-page.js';

/** Words that images may be tagged with (Image API v2, "Metadata definition tags"). */
@Controller('/v2/metadefs/namespaces/:namespace/tags')
export class TagsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}

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

  @Delete()
  @HttpCode(204)
  async removeAll(@CurrentCall() call: Call, @Param('namespace') name: string): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'RemoveNamespaceTags' }, call));
  }

  @Get(':tag')
  async show(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Param('tag') tag: string,
  ): Promise<object> {
    return viewOf(await this.queries.execute(new ShowNamespace(name, actor)), tag);
  }

  @Post(':tag')
  async add(@CurrentCall() call: Call, @Param('namespace') name: string, @Param('tag') tag: string): Promise<object> {
    const command = { type: 'AddNamespaceTag', name: tag } as const;
    return viewOf(await this.commands.execute(new RunMetadefCommand(name, command, call)), tag);
  }

  @Put(':tag')
  async change(
    @CurrentCall() call: Call,
    @Param('namespace') name: string,
    @Param('tag') tag: string,
    @Body() body: unknown,
  ): Promise<object> {
    const command = { type: 'ChangeNamespaceTag', name: tag, given: givenBody(body) } as const;
    return viewOf(await this.commands.execute(new RunMetadefCommand(name, command, call)), String(command.given.name));
  }

  @Delete(':tag')
  @HttpCode(204)
  async remove(@CurrentCall() call: Call, @Param('namespace') name: string, @Param('tag') tag: string): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'RemoveNamespaceTag', name: tag }, call));
  }
}

function viewOf({ namespace, tags }: Pick<CatalogNamespace, 'namespace' | 'tags'>, name: string): object {
  const tag = named(tags, name);
  if (!tag) throw new DomainError('definition-not-found', { kind: 'tag', name, namespace });
  return tagView(tag);
}
