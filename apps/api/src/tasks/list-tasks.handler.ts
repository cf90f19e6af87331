import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TaskCatalog } from '#catalog';
import { assertMayUseTasks, type Actor } from '#domain';
import { badRequest } from '../http/fault.js';
import { pageLink } from '../http/page-link.js';
import { parseTaskListQuery } from './task-list-query.js';
import { taskStub } from './task-views.js';

/** A page of everybody's tasks; `search` is the request's query string. */
export class ListTasks extends Query<object> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListTasks)
export class ListTasksHandler implements IQueryHandler<ListTasks> {
  constructor(@Inject(TaskCatalog) private readonly tasks: TaskCatalog) {}

  async execute({ search, actor }: ListTasks): Promise<object> {
    assertMayUseTasks(actor);
    const params = new URLSearchParams(search);
    const query = parseTaskListQuery(params);
    const page = await this.tasks.list(query);
    if (!page) throw badRequest(`The marker ${query.marker ?? ''} is no task.`);
    const last = page.length === query.limit ? page.at(-1) : undefined;
    return {
      tasks: page.map(taskStub),
      first: pageLink('/v2/tasks', params, null),
      ...(last && { next: pageLink('/v2/tasks', params, last.id) }),
      schema: '/v2/schemas/tasks',
    };
  }
}
