import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog, type CatalogImage } from '#catalog';
import type { Actor } from '#domain';
import { ImageViews } from './image-views.js';
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
    @Inject(ImageViews) private readonly views: ImageViews,
  ) {}

  async execute({ id, actor }: ShowImage): Promise<CatalogImage> {
    const image = await this.catalog.find(id, actor.projectId);
    assertMayOn('show', actor, id, image);
    return { ...image, document: await this.views.one(image.document, actor) };
  }
}
