import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Config } from '#config';
import { CONFIG } from '#platform';

/** Where clients reach this service: as configured, else as the request came. Without a trailing slash. */
@Injectable()
export class PublicUrl {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  of(request: Pick<FastifyRequest, 'protocol' | 'host'>): string {
    return this.config.publicUrl ?? `${request.protocol}://${request.host}`;
  }

  /** For what is told outside of any request. */
  get fallback(): string {
    const { publicUrl, host, port } = this.config;
    return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }
}
