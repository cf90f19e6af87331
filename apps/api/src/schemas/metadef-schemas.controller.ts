import { Controller, Get, Param } from '@nestjs/common';
import { Fault } from '../http/fault.js';
import { metadefSchemas } from './metadef-schema.js';

/** The JSON schemas of metadata definitions. */
@Controller('/v2/schemas/metadefs')
export class MetadefSchemasController {
  @Get(':name')
  show(@Param('name') name: string): object {
    const schema = Object.hasOwn(metadefSchemas, name) ? metadefSchemas[name] : undefined;
    if (!schema) throw new Fault(404, `There is no schema of ${name}.`);
    return schema;
  }
}
