import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { publicPem, Seals } from '#event-store';
import { Fault } from '../http/fault.js';

/** The public key, in PEM, that the newest checkpoint names: to be compared with one that was kept. */
export class ShowSealKey extends Query<string> {}

@QueryHandler(ShowSealKey)
export class ShowSealKeyHandler implements IQueryHandler<ShowSealKey> {
  constructor(@Inject(Seals) private readonly seals: Seals) {}

  async execute(): Promise<string> {
    const newest = await this.seals.newest();
    if (!newest) throw new Fault(404, 'The log has not been sealed yet.');
    return publicPem(newest.checkpoint.key);
  }
}
