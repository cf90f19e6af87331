import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { CurrentCall, type Call } from '../http/caller.js';
import { imageIdOf } from '../images/image-id.js';
import { ShowHistory } from './show-history.handler.js';

/** Who changed what: the log of one image. */
@Controller('/vitrine/v1/images/:id')
export class HistoryController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get('history')
  async history(@CurrentCall() { actor }: Call, @Param('id') given: string, @Res() reply: FastifyReply): Promise<void> {
    void reply.type('application/json').send(await this.queries.execute(new ShowHistory(imageIdOf(given), actor)));
  }
}
