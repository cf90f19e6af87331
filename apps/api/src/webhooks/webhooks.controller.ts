import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'lossless-json';
import { DomainError } from '#domain';
import { CurrentCall, type Call } from '../http/caller.js';
import { searchOf } from '../http/search-of.js';
import { isImageId } from '../images/image-id.js';
import { PublicUrl } from '../service/public-url.js';
import { ListDeadLetters, ListWebhooks, ShowWebhook } from './list-webhooks.handler.js';
import { ManageWebhook, type WebhookChange } from './manage-webhook.handler.js';
import { readReplayRequest, readWebhookRequest } from './webhook-request.js';
import { webhooksPath } from './webhook-views.js';

/** Who is told what happens: web servers of others, managed by admins (docs/webhooks.md). */
@Controller(webhooksPath)
export class WebhooksController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Post()
  async create(
    @CurrentCall() call: Call,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const change = { kind: 'create', request: readWebhookRequest(body) } as const;
    const { id, secret } = await this.commands.execute(new ManageWebhook(undefined, change, call));
    void reply.header('location', `${this.publicUrl.of(request)}${webhooksPath}/${id}`);
    await this.show(id, call, reply, 201, secret);
  }

  @Get()
  async list(@CurrentCall() { actor }: Call, @Res() reply: FastifyReply): Promise<void> {
    send(reply, 200, await this.queries.execute(new ListWebhooks(actor)));
  }

  @Get(':id')
  one(@CurrentCall() call: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.show(idOf(id), call, reply, 200);
  }

  @Patch(':id')
  change(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.run(id, { kind: 'change', request: readWebhookRequest(body) }, call, reply);
  }

  @Delete(':id')
  async remove(@CurrentCall() call: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    await this.commands.execute(new ManageWebhook(idOf(id), { kind: 'delete' }, call));
    void reply.status(204).send();
  }

  @Post(':id/replay')
  replay(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.run(id, { kind: 'replay', from: readReplayRequest(body) }, call, reply);
  }

  @Post(':id/retry-dead')
  retryDead(@CurrentCall() call: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.run(id, { kind: 'retry-dead' }, call, reply);
  }

  @Get(':id/deliveries')
  async deliveries(
    @CurrentCall() { actor }: Call,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, 200, await this.queries.execute(new ListDeadLetters(idOf(id), searchOf(request), actor)));
  }

  private async run(given: string, change: WebhookChange, call: Call, reply: FastifyReply): Promise<void> {
    const { id, secret } = await this.commands.execute(new ManageWebhook(idOf(given), change, call));
    await this.show(id, call, reply, 200, secret);
  }

  private async show(id: string, { actor }: Call, reply: FastifyReply, status: number, secret?: string): Promise<void> {
    const view = await this.queries.execute(new ShowWebhook(id, actor));
    send(reply, status, { ...view, ...(secret !== undefined && { secret }) });
  }
}

function send(reply: FastifyReply, status: number, body: object): void {
  void reply.status(status).type('application/json').send(stringify(body));
}

function idOf(text: string): string {
  if (isImageId(text)) return text.toLowerCase();
  throw new DomainError('webhook-not-found', { id: text });
}
