import { Controller, Get } from '@nestjs/common';
import { importMethods } from '../image-import/import-methods.js';

/** What this service offers (Image API v2, "Image service info discovery"). */
@Controller('/v2/info')
export class InfoController {
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
}
