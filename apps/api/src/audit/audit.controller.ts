import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentCall, type Call } from '../http/caller.js';
import { searchOf } from '../http/search-of.js';
import { imageIdOf } from '../images/image-id.js';
import { ListCheckpoints } from './list-checkpoints.handler.js';
import { ShowProof } from './show-proof.handler.js';
import { ShowSealKey } from './show-seal-key.handler.js';

const json = 'application/json; charset=UTF-8';

/** What outsiders check the log by: checkpoints, the key, and proofs of single events. */
@Controller('/vitrine/v1')
export class AuditController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('audit/checkpoints')
  async checkpoints(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    void reply.type(json).send(await this.queries.execute(new ListCheckpoints(searchOf(request), actor)));
  }

  @Get('audit/key')
  async key(@Res() reply: FastifyReply): Promise<void> {
    void reply.type('application/x-pem-file').send(await this.queries.execute(new ShowSealKey()));
  }

  @Get('images/:id/events/:position/proof')
  async proof(
    @CurrentCall() { actor }: Call,
    @Param('id') id: string,
    @Param('position') position: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    void reply.type(json).send(await this.queries.execute(new ShowProof(imageIdOf(id), position, actor)));
  }
}
