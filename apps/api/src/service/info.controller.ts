import { Controller, Get, Inject } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { CurrentCall, type Call } from '../http/caller.js';
import { importMethods } from '../image-import/import-methods.js';
import { ShowUsage } from './show-usage.handler.js';

/** What this service offers (Image API v2, "Image service info discovery"). */
@Controller('/v2/info')
export class InfoController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

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

  @Get('usage')
  async usage(@CurrentCall() { actor }: Call): Promise<object> {
    return { usage: await this.queries.execute(new ShowUsage(actor)) };
  }
}
