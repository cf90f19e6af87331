import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PublicUrl } from '../service/public-url.js';

/** Version discovery as Keystone's: what keystoneauth reads first. */
@Controller('/identity')
export class IdentityVersionController {
  constructor(@Inject(PublicUrl) private readonly publicUrl: PublicUrl) {}

  @Get()
  versions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply.status(300).send({ versions: { values: [this.v3(request)] } });
  }

  @Get('v3')
  version(@Req() request: FastifyRequest): object {
    return { version: this.v3(request) };
  }

  private v3(request: FastifyRequest): object {
    return {
      id: 'v3.14',
      status: 'stable',
      updated: '2020-04-07T00:00:00Z',
      links: [{ rel: 'self', href: `${this.publicUrl.of(request)}/identity/v3/` }],
      'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
    };
  }
}
