import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog, TaskCatalog } from '#catalog';
import type { Actor } from '#domain';
import { ReadableProperties } from '../images/readable-properties.js';
import { assertMayOn } from '../images/visible-image.js';
import { imageTaskView } from '../tasks/task-views.js';

/** The tasks of one image, oldest first: all of them for its own project and for admins, for others those that they asked for. */
export class ListImageTasks extends Query<object[]> {
  constructor(
    readonly imageId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListImageTasks)
export class ListImageTasksHandler implements IQueryHandler<ListImageTasks> {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(TaskCatalog) private readonly tasks: TaskCatalog,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
  ) {}

  async execute({ imageId, actor }: ListImageTasks): Promise<object[]> {
    const image = await this.catalog.find(imageId, actor.projectId);
    assertMayOn('list tasks of', actor, imageId, image);
    const all = actor.roles.includes('admin') || (image.owner !== null && image.owner === actor.projectId);
    const tasks = await this.tasks.ofImage(imageId, all ? undefined : actor.projectId);
    return tasks.map((task) => imageTaskView(task, this.readable, actor));
  }
}
