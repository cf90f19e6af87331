import { Controller, Get, Inject } from '@nestjs/common';
import { Stores } from '#platform';
import { importMethods } from '../image-import/import-methods.js';

/** What this service offers (Image API v2, "Image service info discovery"). */
@Controller('/v2/info')
export class InfoController {
  constructor(@Inject(Stores) private readonly stores: Stores) {}

  @Get('import')
  import(): object {
    return {
      'import-methods': {
        description: 'Import methods available.',
        type: 'array',
        value: importMethods,
      },
    };
  }

  @Get('stores')
  listStores(): object {
    return {
      stores: this.stores.all.map((store) => ({
        id: store.name,
        ...(store === this.stores.default && { default: 'true' }),
      })),
    };
  }
}
