import type { Database, Statement } from '#event-store';

/** An address that the log knows by an alias. */
export interface SealedAddress {
  /** UUID, of the alias */
  readonly id: string;
  readonly imageId: string;
  readonly sealed: Buffer;
}

/** Whole addresses of imports, sealed, while somebody may need them. */
export class SealedAddresses {
  constructor(private readonly database: Database) {}

  /** To be run in the append that writes the aliases down. */
  keepStatement(addresses: readonly SealedAddress[]): Statement {
    return {
      name: 'keep-addresses',
      text: `insert into addresses.sealed (id, image_id, address) select * from unnest($1::uuid[], $2::uuid[], $3::bytea[])`,
      values: [
        addresses.map(({ id }) => id),
        addresses.map(({ imageId }) => imageId),
        addresses.map((one) => one.sealed),
      ],
    };
  }

  async find(id: string, imageId: string): Promise<Buffer | undefined> {
    const [row] = await this.database.query<{ address: Buffer }>({
      name: 'sealed-address',
      text: 'select address from addresses.sealed where id = $1 and image_id = $2',
      values: [id, imageId],
    });
    return row?.address;
  }
}
