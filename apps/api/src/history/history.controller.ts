import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { eventSource } from '#catalog';
import type { Config } from '#config';
import { CONFIG } from '#platform';
import { CurrentCall, type Call } from '../http/caller.js';
import { badRequest } from '../http/fault.js';
import { entityTag } from '../http/if-match.js';
import { searchOf } from '../http/search-of.js';
import { imageIdOf } from '../images/image-id.js';
import { sendPage } from './event-formats.js';
import { assertKnown, parseMoment, parsePosition, parseTime } from './history-params.js';
import { ListEvents } from './list-events.handler.js';
import { ListPastImages } from './list-past-images.handler.js';
import { ShowDifference } from './show-difference.handler.js';
import { ShowHistory } from './show-history.handler.js';
import { ShowPastImage } from './show-past-image.handler.js';

const json = 'application/json; charset=UTF-8';

/** The log as people ask it: what happened, how it was, what is different. */
@Controller('/vitrine/v1')
export class HistoryController {
  constructor(
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('events')
  async events(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const page = await this.queries.execute(new ListEvents(searchOf(request), actor));
    sendPage(page, request, reply, eventSource(this.config.publicUrl));
  }

  @Get('images')
  async pastImages(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    void reply.type(json).send(await this.queries.execute(new ListPastImages(searchOf(request), actor)));
  }

  @Get('images/:id/history')
  async history(
    @CurrentCall() { actor }: Call,
    @Param('id') given: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const query = new ShowHistory(imageIdOf(given), searchOf(request), actor);
    sendPage(await this.queries.execute(query), request, reply, eventSource(this.config.publicUrl));
  }

  /** The body and the ETag are those of GET then; the position is in a header, because GET has none. */
  @Get('images/:id/as-of')
  async asOf(
    @CurrentCall() { actor }: Call,
    @Param('id') given: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const params = new URLSearchParams(searchOf(request));
    assertKnown(params, ['time', 'position']);
    const [time, position] = [params.get('time'), params.get('position')];
    if ((time === null) === (position === null)) throw badRequest('Give either time or position.');
    const moment =
      time === null ? { position: parsePosition('position', position!) } : { time: parseTime('time', time) };
    const image = await this.queries.execute(new ShowPastImage(imageIdOf(given), moment, actor));
    void reply
      .headers({ etag: entityTag(image.version), 'vitrine-position': image.position.toString() })
      .type(json)
      .send(image.document);
  }

  @Get('images/:id/diff')
  async difference(
    @CurrentCall() { actor }: Call,
    @Param('id') given: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const params = new URLSearchParams(searchOf(request));
    assertKnown(params, ['from', 'to']);
    const [from, to] = [params.get('from'), params.get('to')];
    if (from === null || to === null) throw badRequest('Give from and to: times, or positions.');
    const query = new ShowDifference(imageIdOf(given), parseMoment('from', from), parseMoment('to', to), actor);
    void reply.type(json).send(await this.queries.execute(query));
  }
}
