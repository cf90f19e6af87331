import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog, type CatalogImageData } from '#catalog';
import type { Actor, BlobRef } from '#domain';
import { StoreError, type ByteRange, type ObjectReader } from '#object-store';
import { Stores } from '#platform';
import { Fault } from '../http/fault.js';
import { assertMayOn } from '../images/visible-image.js';
import { requestedRange } from './byte-range.js';

/** An image's bytes, ready to be sent. */
export interface OpenedData {
  readonly reader: ObjectReader;
  /** bytes of the whole image */
  readonly size: bigint;
  /** md5 of the whole image, lower-case hex; null of registered data that nobody has said it of */
  readonly checksum: string | null;
  readonly range: ByteRange | undefined;
  readonly imageId: string;
  /** the image's project */
  readonly owner: string | null;
}

/** undefined when the image has no data yet. */
export class OpenData extends Query<OpenedData | undefined> {
  constructor(
    readonly imageId: string,
    readonly actor: Actor,
    readonly range: string | undefined,
    readonly contentRange: string | undefined,
    /** stores to read from, best first; others when none of them has the data */
    readonly preferred: readonly string[],
  ) {
    super();
  }
}

@QueryHandler(OpenData)
export class OpenDataHandler implements IQueryHandler<OpenData> {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(Stores) private readonly stores: Stores,
  ) {}

  async execute({ imageId, actor, range, contentRange, preferred }: OpenData): Promise<OpenedData | undefined> {
    const image = await this.catalog.findData(imageId, actor.projectId);
    assertMayOn('download', actor, imageId, image);
    if (image.status === 'deactivated') assertMayOn('download deactivated', actor, imageId, image);
    // An import that has filled one of its stores is not over: its data may yet be given up.
    if (image.status !== 'active' && image.status !== 'deactivated') return undefined;
    if (image.size === null || image.locations.length === 0) return undefined;
    const wanted = requestedRange(range, contentRange, image.size);
    const reader = await this.open(image, preferred, wanted);
    const { size, checksum, owner } = image;
    return { reader, size, checksum, range: wanted, imageId, owner };
  }

  /** From a preferred store, else from the one of the largest weight that can give it. */
  private async open(
    image: CatalogImageData,
    preferred: readonly string[],
    range: ByteRange | undefined,
  ): Promise<ObjectReader> {
    const { weights } = this.stores;
    const weightOf = ({ store }: BlobRef) => weights[store] ?? Number.NEGATIVE_INFINITY;
    const rankOf = ({ store }: BlobRef) => (preferred.includes(store) ? preferred.indexOf(store) : preferred.length);
    const places = [...image.locations].sort((a, b) => rankOf(a) - rankOf(b) || weightOf(b) - weightOf(a));
    let failure: unknown;
    for (const { store, key } of places) {
      try {
        return await this.stores.get(store).read(key, range);
      } catch (error) {
        failure = error;
      }
    }
    // An image that says active and has no bytes anywhere is our fault, not a wrong address.
    if (failure instanceof StoreError && failure.code === 'missing') {
      throw new Fault(503, `The data of image ${image.id} is missing from its store.`);
    }
    throw failure;
  }
}
