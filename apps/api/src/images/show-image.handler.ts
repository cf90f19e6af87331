import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog, type CatalogImage } from '#catalog';
import type { Actor } from '#domain';
import { ReadableProperties } from './readable-properties.js';
import { assertMayOn } from './visible-image.js';

/** One image that the caller may see. */
export class ShowImage extends Query<CatalogImage> {
  constructor(
    readonly id: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowImage)
export class ShowImageHandler implements IQueryHandler<ShowImage> {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  async execute({ id, actor }: ShowImage): Promise<CatalogImage> {
    const image = await this.catalog.find(id, actor.projectId);
    assertMayOn('show', actor, id, image);
    return { ...image, document: this.readable.document(image.document, actor) };
  }
}
