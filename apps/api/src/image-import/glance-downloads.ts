import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ImportMethod } from '#domain';
import type { Statement } from '#event-store';
import type { IdentityProvider } from '#identity';
import { ImportCredentials } from '#platform';
import { tokensOf } from '../http/authentication.js';
import { IDENTITY } from '../http/identity-provider.js';

export type GlanceDownload = Extract<ImportMethod, { readonly name: 'glance-download' }>;
type Request = Pick<FastifyRequest, 'headers' | 'caller'>;

/** What an import from another region needs of its caller, who is gone when a worker gets to it (docs/adr/0018). */
@Injectable()
export class GlanceDownloads {
  constructor(
    @Inject(IDENTITY) private readonly identity: IdentityProvider,
    @Inject(ImportCredentials) private readonly credentials: ImportCredentials,
  ) {}

  /**
   * With the endpoint that the caller's own catalogue has for it. When it has none the task says so, as clients expect it.
   * @throws IdentityError
   */
  async locate(method: GlanceDownload, { headers }: Request): Promise<GlanceDownload> {
    const { token, serviceToken } = tokensOf(headers);
    const region = method.glance_region.toLowerCase();
    const endpoints = await this.identity.catalogue(token, serviceToken);
    const found = endpoints.find(
      (one) =>
        one.service === 'image' && one.face === method.glance_service_interface && one.region.toLowerCase() === region,
    );
    return { ...method, endpoint: found?.url ?? null };
  }

  keepRights(imageId: string, task: string, { headers, caller }: Request): Promise<Statement> {
    const { token } = tokensOf(headers);
    return this.credentials.keep(imageId, task, { token, expiresAt: caller!.expiresAt });
  }
}
