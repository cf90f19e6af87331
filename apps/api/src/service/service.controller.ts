import { All, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Database, Seals } from '#event-store';
import { Stores } from '#platform';
import { Metrics } from '../http/metrics.js';
import { Fault } from '../http/fault.js';
import { PublicUrl } from './public-url.js';
import { versionsBody } from './versions.js';

/** What is there without a token: versions, health, metrics. */
@Controller()
export class ServiceController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Seals) private readonly seals: Seals,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  /** 300 Multiple Choices: keystoneauth's discovery reads the body. Whatever the method, as in Glance. */
  @All(['/', '/v2'])
  choices(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply
      .status(300)
      .type('application/json')
      .send(versionsBody(this.publicUrl.of(request)));
  }

  @All('/versions')
  versions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply.type('application/json').send(versionsBody(this.publicUrl.of(request)));
  }

  /** 200 when images can be read and written, else 503 with what cannot be used. */
  @Get('/healthcheck')
  async healthcheck(@Res() reply: FastifyReply): Promise<void> {
    const checks = [
      this.database.query({ text: 'select 1', values: [] }).catch(() => 'database'),
      ...this.stores.all.map((store) => store.check().catch(() => `store ${store.name}`)),
    ];
    const failed = (await Promise.all(checks)).filter((result) => typeof result === 'string');
    if (failed.length > 0) throw new Fault(503, `Not usable: ${failed.join(', ')}`);
    void reply.type('text/plain; charset=UTF-8').send('OK');
  }

  @Get('/metrics')
  async prometheus(@Res() reply: FastifyReply): Promise<void> {
    this.metrics.setUnsealedSeconds(await this.unsealedSeconds().catch(() => NaN));
    void reply.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }

  private async unsealedSeconds(): Promise<number> {
    const sealedTo = (await this.seals.newest())?.checkpoint.last ?? 0;
    const { since } = await this.seals.unsealedAfter(BigInt(sealedTo));
    return since ? Math.max(0, Date.now() - since.getTime()) / 1000 : 0;
  }
}
