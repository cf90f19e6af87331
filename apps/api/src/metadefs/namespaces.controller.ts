import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { namespacePath, namespaceView } from '#catalog';
import { CurrentCall, type Call } from '../http/caller.js';
import { searchOf } from '../http/search-of.js';
import { PublicUrl } from '../service/public-url.js';
import { givenBody } from './given-body.js';
import { ListNamespaces } from './list-namespaces.handler.js';
import { fullNamespaceView } from './metadef-views.js';
import { RunMetadefCommand } from './run-metadef-command.handler.js';
import { ShowNamespace } from './show-namespace.handler.js';

/** Namespaces of metadata definitions (Image API v2, "Metadata definition namespaces"). */
@Controller('/v2/metadefs/namespaces')
export class NamespacesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Get()
  async list(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const page = await this.queries.execute(new ListNamespaces(searchOf(request), actor));
    void reply.type('application/json; charset=UTF-8').send(page);
  }

  @Post()
  async create(
    @CurrentCall() call: Call,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const command = { type: 'CreateNamespace', given: givenBody(body) } as const;
    const created = await this.commands.execute(new RunMetadefCommand(undefined, command, call));
    const path = namespacePath(encodeURIComponent(created.namespace).replaceAll('%3A', ':'));
    void reply.header('location', this.publicUrl.of(request) + path);
    return fullNamespaceView(created);
  }

  @Get(':namespace')
  async show(
    @CurrentCall() { actor }: Call,
    @Param('namespace') name: string,
    @Query('resource_type') resourceType?: string,
  ): Promise<object> {
    return fullNamespaceView(await this.queries.execute(new ShowNamespace(name, actor)), resourceType);
  }

  /** The attributes; what the namespace holds has paths of its own. */
  @Put(':namespace')
  async change(@CurrentCall() call: Call, @Param('namespace') name: string, @Body() body: unknown): Promise<object> {
    const command = { type: 'ChangeNamespace', given: givenBody(body) } as const;
    return namespaceView(await this.commands.execute(new RunMetadefCommand(name, command, call)));
  }

  @Delete(':namespace')
  @HttpCode(204)
  async delete(@CurrentCall() call: Call, @Param('namespace') name: string): Promise<void> {
    await this.commands.execute(new RunMetadefCommand(name, { type: 'DeleteNamespace' }, call));
  }
}
