import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { taskOf } from '#catalog';
import type { Config } from '#config';
import { assertMayUseTasks } from '#domain';
import { parseSource } from '#image-data';
import { CONFIG, ImportAddresses, Stores } from '#platform';
import { CurrentCall, type Call } from '../http/caller.js';
import { searchOf } from '../http/search-of.js';
import { ReadableProperties } from '../images/readable-properties.js';
import { RunImageCommand } from '../images/run-image-command.handler.js';
import { PublicUrl } from '../service/public-url.js';
import { ListTasks } from './list-tasks.handler.js';
import { ShowTask } from './show-task.handler.js';
import { parseTaskRequest } from './task-request.js';
import { taskPath, taskView } from './task-views.js';

/** Imports of all images, and the old way to ask for one (Image API v2, "Tasks"); for admins. */
@Controller('/v2/tasks')
export class TasksController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(ImportAddresses) private readonly addresses: ImportAddresses,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  list(@CurrentCall() { actor }: Call, @Req() request: FastifyRequest): Promise<object> {
    return this.queries.execute(new ListTasks(searchOf(request), actor));
  }

  @Get(':id')
  show(@CurrentCall() { actor }: Call, @Param('id') id: string): Promise<object> {
    return this.queries.execute(new ShowTask(id, actor));
  }

  /** The image and its import are one append; names are looked up by the worker, under the rules of downloads. */
  @Post()
  async create(
    @CurrentCall() call: Call,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    assertMayUseTasks(call.actor);
    const given = parseTaskRequest(body);
    parseSource(given.import_from, this.config.imports);
    const [id, task] = [randomUUID(), randomUUID()];
    const keeper = this.addresses.keeper();
    const input = { ...given, import_from: keeper.alias(id, given.import_from) };
    const { requestId } = call.cause;
    const stores = [this.stores.default.name];
    const command = { type: 'ImportNewImage', id, task, requestId, input, stores } as const;
    const cause = { ...call.cause, correlationId: task };
    const { state } = await this.commands.execute(
      new RunImageCommand(id, command, { ...call, cause }, await keeper.statements()),
    );
    void reply.header('location', this.publicUrl.of(request) + taskPath(task));
    return taskView(taskOf(state!, state!.imports[0]!), this.readable, call.actor);
  }
}
