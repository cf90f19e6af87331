import { Controller, Get } from '@nestjs/common';
import { imageSchema, imagesSchema, memberSchema, membersSchema } from './image-schema.js';
import { taskSchema, tasksSchema } from './task-schema.js';

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

  @Get('task')
  task(): object {
    return taskSchema;
  }

  @Get('tasks')
  tasks(): object {
    return tasksSchema;
  }
}
