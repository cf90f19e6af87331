import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog } from '#catalog';
import type { Actor } from '#domain';
import { Stores } from '#platform';
import { assertMayOn } from '../images/visible-image.js';
import { locationView, type LocationView } from './location-view.js';

export class ListLocations extends Query<LocationView[]> {
  constructor(
    readonly imageId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListLocations)
export class ListLocationsHandler implements IQueryHandler<ListLocations> {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(Stores) private readonly stores: Stores,
  ) {}

  async execute({ imageId, actor }: ListLocations): Promise<LocationView[]> {
    const image = await this.catalog.findData(imageId, actor.projectId);
    assertMayOn('list locations of', actor, imageId, image);
    return image.locations.map((location) => locationView(location, this.stores));
  }
}
