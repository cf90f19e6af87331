import { sourcesWanted, type ImageState } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { sealedIdOf } from './address-alias.js';

/** Forgets whole addresses in the transaction after which nobody needs them: the image has its data, or wants none. */
export class SealedAddressProjection implements InlineProjection<ImageState> {
  project({ before, state }: AggregateChange<ImageState>): Statement[] {
    const wanted = new Set(sourcesWanted(state));
    const done = sourcesWanted(before)
      .filter((address) => !wanted.has(address))
      .flatMap((address) => sealedIdOf(address) ?? []);
    if (done.length === 0) return [];
    return [
      { name: 'forget-addresses', text: 'delete from addresses.sealed where id = any($1::uuid[])', values: [done] },
    ];
  }

  /** What begins has nothing to forget. */
  projectNew(): Statement[] {
    return [];
  }
}
