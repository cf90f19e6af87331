import { Inject, Injectable } from '@nestjs/common';
import { parse, stringify } from 'lossless-json';
import type { ImageFilter } from '#catalog';
import type { Config } from '#config';
import { isProperty, mayOnProperty, readableOnly, type Actor } from '#domain';
import { CONFIG } from '#platform';

/** Hides the properties that a caller may not read. Where nothing is protected, documents go out as they are stored. */
@Injectable()
export class ReadableProperties {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'propertyProtections'>) {}

  /** JSON texts of images, comma-joined. */
  documents(texts: string, actor: Actor): string {
    if (!this.areProtected) return texts;
    const images = parse(`[${texts}]`) as Record<string, unknown>[];
    return images.map((image) => stringify(this.part(image, actor))).join(',');
  }

  /** Values by the names of attributes and properties. */
  part<T>(values: Readonly<Record<string, T>>, actor: Actor): Record<string, T> {
    return readableOnly(values, actor, this.config.propertyProtections);
  }

  /** False for a question whose answer would tell the value of what is hidden: for the caller no image has it. */
  mayAsk(filters: readonly ImageFilter[], actor: Actor): boolean {
    return filters.every(
      (filter) =>
        filter.on !== 'property' ||
        !isProperty(filter.name) ||
        mayOnProperty('read', filter.name, actor, this.config.propertyProtections),
    );
  }

  private get areProtected(): boolean {
    return this.config.propertyProtections.length > 0;
  }
}
