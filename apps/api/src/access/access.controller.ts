import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentCall, type Call } from '../http/caller.js';
import { searchOf } from '../http/search-of.js';
import { ListAccesses } from './list-accesses.handler.js';

/** Who read which data, and who was refused what. */
@Controller('/vitrine/v1/access')
export class AccessController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  async list(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const page = await this.queries.execute(new ListAccesses(searchOf(request), actor));
    void reply.type('application/json; charset=UTF-8').send(page);
  }
}
