import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog } from '#catalog';
import type { Actor, Import } from '#domain';
import { Images } from '#platform';
import { assertMayOn } from '../images/visible-image.js';

/** The import tasks of one image, oldest first. */
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
    @Inject(Images) private readonly images: Images,
  ) {}

  async execute({ imageId, actor }: ListImageTasks): Promise<object[]> {
    assertMayOn('list tasks of', actor, imageId, await this.catalog.find(imageId, actor.projectId));
    const { state } = await this.images.load(imageId);
    return state?.imports.map((one) => taskView(imageId, one)) ?? [];
  }
}

const statuses = { waiting: 'pending', running: 'processing', succeeded: 'success', failed: 'failure' } as const;
const keptMs = 48 * 3_600_000;

function taskView(imageId: string, task: Import): object {
  const ended = task.state === 'succeeded' || task.state === 'failed';
  return {
    id: task.task,
    type: task.method.name === 'location' ? 'location_import' : 'api_image_import',
    status: statuses[task.state],
    owner: task.requestedBy.projectId,
    user_id: task.requestedBy.userId,
    request_id: task.requestId,
    image_id: imageId,
    input: { image_id: imageId, import_req: { method: task.method, stores: task.stores } },
    result: task.state === 'succeeded' ? { image_id: imageId } : null,
    message: task.failure ?? '',
    created_at: taskTime(task.requestedAt),
    updated_at: taskTime(task.updatedAt),
    expires_at: ended ? taskTime(new Date(task.updatedAt.getTime() + keptMs)) : null,
  };
}

/** Microseconds and no zone: what Glance shows for a task of an image. */
const taskTime = (time: Date) => `${time.toISOString().slice(0, 23)}000`;
