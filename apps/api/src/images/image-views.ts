import { Inject, Injectable } from '@nestjs/common';
import { parse, stringify } from 'lossless-json';
import { ImageCatalog, imageDocument } from '#catalog';
import type { Config } from '#config';
import { locationsOf, mayOn, type Actor, type Image, type Location } from '#domain';
import { CONFIG, Stores } from '#platform';
import { locationView, urlOf } from '../locations/location-view.js';
import { ReadableProperties } from './readable-properties.js';

type View = Readonly<Record<string, unknown>> & Pick<Image, 'id' | 'owner' | 'visibility' | 'status'>;

/**
 * Images as one caller sees them: the stored documents without the properties that he may not read and, where that is
 * configured, with the places of their data.
 */
@Injectable()
export class ImageViews {
  constructor(
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(CONFIG) private readonly config: Pick<Config, 'showMultipleLocations' | 'showDirectUrl'>,
  ) {}

  /** JSON text of one image. */
  async one(document: string, actor: Actor): Promise<string> {
    return this.many(document, actor);
  }

  /** JSON texts of images, comma-joined. */
  async many(documents: string, actor: Actor): Promise<string> {
    return this.withPlaces(documents, actor, (ids) => this.catalog.locations(ids));
  }

  /** JSON text of the image in a state that it need not be in any more. */
  async ofState(image: Image, actor: Actor): Promise<string> {
    const locations = new Map([[image.id, locationsOf(image)]]);
    return this.withPlaces(imageDocument(image, this.stores.weights), actor, () => Promise.resolve(locations));
  }

  private async withPlaces(
    documents: string,
    actor: Actor,
    locationsOfAll: (imageIds: readonly string[]) => Promise<ReadonlyMap<string, readonly Location[]>>,
  ): Promise<string> {
    const readable = this.readable.documents(documents, actor);
    if (!this.config.showMultipleLocations && !this.config.showDirectUrl) return readable;
    const images = parse(`[${readable}]`) as View[];
    const locations = await locationsOfAll(images.map(({ id }) => id));
    return images
      .map((image) => stringify({ ...image, ...this.places(image, locations.get(image.id) ?? [], actor) }))
      .join(',');
  }

  private places(image: View, all: readonly Location[], actor: Actor): object {
    const locations = mayKnow(image, actor) ? all : [];
    const best = this.best(locations);
    return {
      ...(this.config.showMultipleLocations && { locations: locations.map((one) => locationView(one, this.stores)) }),
      ...(this.config.showDirectUrl && best && { direct_url: urlOf(best, this.stores) }),
    };
  }

  /** of the largest weight, and the first of those */
  private best(locations: readonly Location[]): Location | undefined {
    const { weights } = this.stores;
    return [...locations].sort((a, b) => (weights[b.store] ?? 0) - (weights[a.store] ?? 0))[0];
  }
}

/** Of a deactivated image only those who may download it still. */
function mayKnow({ owner, visibility, status }: View, actor: Actor): boolean {
  const image = { owner, visibility, members: {} };
  if (!mayOn('show locations of', actor, image)) return false;
  return status !== 'deactivated' || mayOn('download deactivated', actor, image);
}
