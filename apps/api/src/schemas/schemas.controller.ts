import { Controller, Get } from '@nestjs/common';
import { imageSchema, imagesSchema, memberSchema, membersSchema } from './image-schema.js';

/** The JSON schemas from which clients build and check their models. */
@Controller('/v2/schemas')
export class SchemasController {
  @Get('image')
  image(): object {
    return imageSchema;
  }

  @Get('images')
  images(): object {
    return imagesSchema;
  }

  @Get('member')
  member(): object {
    return memberSchema;
  }

  @Get('members')
  members(): object {
    return membersSchema;
  }
}
