import { randomUUID } from 'node:crypto';
import { aliasOf, sealedIdOf, type SealedAddresses } from '#catalog';
import type { Statement } from '#event-store';
import { openText, sealText, type Delegation } from '#identity';

/**
 * Addresses that data is imported from. The query of one is often what opens it (a signature, a token), so the log gets an
 * alias, and the whole lies sealed beside it for as long as a worker may need it (docs/adr/0029).
 */
export class ImportAddresses {
  constructor(
    private readonly addresses: SealedAddresses,
    private readonly delegation: Delegation,
  ) {}

  keeper(): AddressKeeper {
    return new AddressKeeper(this.addresses, this.delegation);
  }

  /** As it was given; undefined when that is not known any more, or another installation has sealed it. */
  async whole(imageId: string, address: string): Promise<string | undefined> {
    const id = sealedIdOf(address);
    // Without a query there is nothing to keep, and what the log of an earlier release has is whole.
    if (id === undefined) return address;
    const sealed = await this.addresses.find(id, imageId);
    return sealed && openText(await this.delegation.sealingKey(), purposeOf(imageId, id), sealed);
  }
}

/** The addresses of one append. */
export class AddressKeeper {
  private readonly kept: { readonly id: string; readonly imageId: string; readonly address: string }[] = [];

  constructor(
    private readonly addresses: SealedAddresses,
    private readonly delegation: Delegation,
  ) {}

  /** What is written down instead of this address, which is a URL. */
  alias(imageId: string, address: string): string {
    if (!/[?#]/.test(address)) return address;
    const id = randomUUID();
    this.kept.push({ id, imageId, address });
    return aliasOf(address, id);
  }

  /** To be run in the append that writes them down. */
  async statements(): Promise<Statement[]> {
    if (this.kept.length === 0) return [];
    const key = await this.delegation.sealingKey();
    const sealed = ({ id, imageId, address }: (typeof this.kept)[number]) =>
      sealText(key, purposeOf(imageId, id), address);
    return [this.addresses.keepStatement(this.kept.map((one) => ({ ...one, sealed: sealed(one) })))];
  }
}

const purposeOf = (imageId: string, id: string) => `address ${id} of ${imageId}`;
