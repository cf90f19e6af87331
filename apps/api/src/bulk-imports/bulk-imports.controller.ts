import { Body, Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'lossless-json';
import { CurrentCall, type Call } from '../http/caller.js';
import { badRequest, Fault } from '../http/fault.js';
import { searchOf } from '../http/search-of.js';
import { isImageId } from '../images/image-id.js';
import { PublicUrl } from '../service/public-url.js';
import { parsed, readBulkRequest } from './bulk-request.js';
import { bulkImportPath } from './bulk-views.js';
import { ChangeBulkImport, type BulkImportChange } from './change-bulk-import.handler.js';
import { ListBulkImports, ListBulkItems, ShowBulkImport } from './list-bulk-imports.handler.js';
import { retryBody } from './sources/source-request.js';
import { RequestBulkImport } from './request-bulk-import.handler.js';

/** Many images by one request: asked for, watched, and held or given up while workers are at it. */
@Controller('/vitrine/v1/bulk-imports')
export class BulkImportsController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Post()
  async request(@CurrentCall() call: Call, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = await readBulkRequest(request.raw, searchOf(request));
    const done = await this.commands.execute(new RequestBulkImport(asked, keyOf(request), call));
    if ('dryRun' in done) {
      const { items, bytes, unknown } = done.dryRun;
      send(reply, 200, { dry_run: true, items, bytes: { total: bytes, unknown_items: unknown } });
      return;
    }
    void reply.header('location', this.publicUrl.of(request) + bulkImportPath(done.id));
    send(reply, 202, await this.queries.execute(new ShowBulkImport(done.id, call.actor)));
  }

  @Get()
  async list(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, 200, await this.queries.execute(new ListBulkImports(searchOf(request), actor)));
  }

  @Get(':id')
  async show(@CurrentCall() { actor }: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    send(reply, 200, await this.queries.execute(new ShowBulkImport(idOf(id), actor)));
  }

  @Get(':id/items')
  async items(
    @CurrentCall() { actor }: Call,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    send(reply, 200, await this.queries.execute(new ListBulkItems(idOf(id), searchOf(request), actor)));
  }

  @Post(':id/pause')
  @HttpCode(200)
  pause(@CurrentCall() call: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.change('pause', call, id, reply);
  }

  @Post(':id/resume')
  resume(@CurrentCall() call: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.change('resume', call, id, reply);
  }

  @Post(':id/cancel')
  cancel(@CurrentCall() call: Call, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.change('cancel', call, id, reply);
  }

  @Post(':id/retry-failed')
  retryFailed(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { token } = parsed(retryBody, body ?? {});
    return this.change('retry-failed', call, id, reply, token);
  }

  private async change(
    what: BulkImportChange,
    call: Call,
    given: string,
    reply: FastifyReply,
    token?: string,
  ): Promise<void> {
    const id = idOf(given);
    await this.commands.execute(new ChangeBulkImport(id, what, call, token));
    send(reply, 200, await this.queries.execute(new ShowBulkImport(id, call.actor)));
  }
}

/** Sizes are exact. */
function send(reply: FastifyReply, status: number, body: object): void {
  void reply.status(status).type('application/json').send(stringify(body));
}

function idOf(text: string): string {
  if (isImageId(text)) return text.toLowerCase();
  throw new Fault(404, `No bulk import found with ID ${text as string}.`);
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key === '' || key.length > 255) {
    throw badRequest('Idempotency-Key must be a text of 1 to 255 characters.');
  }
  return key;
}
