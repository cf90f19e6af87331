import { Inject, Injectable } from '@nestjs/common';
import { ImageCatalog, type CatalogImageData } from '#catalog';
import type { Config } from '#config';
import { DomainError, type Actor, type AttributeChange, type GivenLocation, type LocationChange } from '#domain';
import { StoreError } from '#object-store';
import { CONFIG, Stores } from '#platform';
import { badRequest, Fault } from '../http/fault.js';
import { assertMayOn } from '../images/visible-image.js';
import type { LocationValue } from './location-request.js';
import { urlOf } from './location-view.js';

/** An operation of a PATCH on `/locations`, as it was sent. */
export type LocationOperation =
  | { readonly op: 'add-location'; readonly index: number | null; readonly location: LocationValue }
  | { readonly op: 'replace-locations'; readonly locations: readonly LocationValue[] }
  | Extract<LocationChange, { op: 'remove-location' }>;

/** Finds out what the rules have to know of the locations in a PATCH: in which store each is, and how large its data. */
@Injectable()
export class PatchedLocations {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'showMultipleLocations' | 'ownersRemoveLocations' | 'imageLimits'>,
  ) {}

  /** @throws Fault before any server is asked, when the caller may not or there are too many */
  async resolve(
    imageId: string,
    operations: readonly (AttributeChange | LocationOperation)[],
    actor: Actor,
  ): Promise<(AttributeChange | LocationChange)[]> {
    if (operations.every((operation): operation is AttributeChange => 'attribute' in operation)) return [...operations];
    const image = await this.catalog.findData(imageId, actor.projectId);
    assertMayOn('set locations of', actor, imageId, image);
    if (!this.config.showMultipleLocations) {
      throw new Fault(403, "It's not allowed to change locations if locations are invisible.");
    }
    const removes = operations.some((operation) => 'op' in operation && operation.op === 'remove-location');
    if (removes && !this.config.ownersRemoveLocations) assertMayOn('remove data of', actor, imageId, image);
    this.assertFew(operations);
    return Promise.all(operations.map((operation) => this.resolved(operation, image)));
  }

  private assertFew(operations: readonly (AttributeChange | LocationOperation)[]): void {
    const limit = this.config.imageLimits.locations;
    const wanted = operations.reduce((sum, one) => {
      if ('attribute' in one || one.op === 'remove-location') return sum;
      return sum + (one.op === 'add-location' ? 1 : one.locations.length);
    }, 0);
    if (limit >= 0 && wanted > limit) throw new DomainError('limit-exceeded', { what: 'locations', limit, wanted });
  }

  private async resolved(
    operation: AttributeChange | LocationOperation,
    image: CatalogImageData,
  ): Promise<AttributeChange | LocationChange> {
    if ('attribute' in operation || operation.op === 'remove-location') return operation;
    const find = (value: LocationValue) => this.find(value, image);
    if (operation.op === 'add-location') return { ...operation, location: await find(operation.location) };
    return { ...operation, locations: await Promise.all(operation.locations.map(find)) };
  }

  /** Only what lies on the web can be registered: a key of another store would be somebody's data. */
  private async find({ url, metadata, validation }: LocationValue, image: CatalogImageData): Promise<GivenLocation> {
    const known = image.locations.find((location) => urlOf(location, this.stores) === url);
    if (known) return { store: known.store, key: known.key, metadata, size: null, validation };
    const store = this.stores.web;
    if (!store || !/^https?:/i.test(url)) {
      throw badRequest('Invalid location: there must be an http store, and its url must be http(s).');
    }
    try {
      const entry = await store.stat(url);
      if (!entry) throw badRequest('Invalid location: there is no data.');
      return { store: store.name, key: url, metadata, size: entry.size, validation };
    } catch (error) {
      if (error instanceof StoreError) throw badRequest(`Invalid location: ${error.message}`);
      throw error;
    }
  }
}
