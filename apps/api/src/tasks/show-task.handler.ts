import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TaskCatalog } from '#catalog';
import { assertMayUseTasks, type Actor } from '#domain';
import { Fault } from '../http/fault.js';
import { isImageId } from '../images/image-id.js';
import { ReadableProperties } from '../images/readable-properties.js';
import { taskView } from './task-views.js';

export class ShowTask extends Query<object> {
  constructor(
    readonly id: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowTask)
export class ShowTaskHandler implements IQueryHandler<ShowTask> {
  constructor(
    @Inject(TaskCatalog) private readonly tasks: TaskCatalog,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  async execute({ id, actor }: ShowTask): Promise<object> {
    assertMayUseTasks(actor);
    const task = isImageId(id) ? await this.tasks.find(id.toLowerCase()) : undefined;
    if (!task) throw new Fault(404, `No task found with ID ${id}`);
    return taskView(task, this.readable, actor);
  }
}
