import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { imageDocument } from '#catalog';
import { Stores } from '#platform';
import { CurrentCall, type Call } from '../http/caller.js';
import { badRequest } from '../http/fault.js';
import { entityTag } from '../http/if-match.js';
import { searchOf } from '../http/search-of.js';
import { importMethods } from '../image-import/import-methods.js';
import { PatchedLocations } from '../locations/patched-locations.js';
import { PublicUrl } from '../service/public-url.js';
import { imageIdOf, isImageId } from './image-id.js';
import { ImageViews } from './image-views.js';
import { parsePatch } from './json-patch.js';
import { ListImages } from './list-images.handler.js';
import { RunImageCommand } from './run-image-command.handler.js';
import { ShowImage } from './show-image.handler.js';

const json = 'application/json; charset=UTF-8';

/** The records of images (Image API v2, "Images"). */
@Controller('/v2/images')
export class ImagesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(Stores) private readonly stores: Stores,
    @Inject(ImageViews) private readonly views: ImageViews,
    @Inject(PatchedLocations) private readonly locations: PatchedLocations,
    @Inject(PublicUrl) private readonly publicUrl: PublicUrl,
  ) {}

  @Get()
  async list(
    @CurrentCall() { actor }: Call,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    void reply.type(json).send(await this.queries.execute(new ListImages(searchOf(request), actor)));
  }

  @Get(':id')
  async show(@CurrentCall() { actor }: Call, @Param('id') given: string, @Res() reply: FastifyReply): Promise<void> {
    const { document, version } = await this.queries.execute(new ShowImage(imageIdOf(given), actor));
    void reply.header('etag', entityTag(version)).type(json).send(document);
  }

  @Post()
  async create(
    @CurrentCall() call: Call,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { id: given, ...attributes } = objectOf(body);
    if (given !== undefined && !isImageId(given))
      throw badRequest(`Invalid value for id: ${JSON.stringify(given)} is not a UUID`);
    const id = given?.toLowerCase() ?? randomUUID();
    const { state, version } = await this.commands.execute(
      new RunImageCommand(id, { type: 'CreateImage', id, attributes }, call),
    );
    const document = await this.views.one(imageDocument(state!, this.stores.weights), call.actor);
    void reply
      .status(201)
      .headers({
        etag: entityTag(version),
        location: `${this.publicUrl.of(request)}/v2/images/${id}`,
        'openstack-image-import-methods': importMethods.join(','),
        'openstack-image-store-ids': this.stores.all.map(({ name }) => name).join(','),
      })
      .type(json)
      .send(document);
  }

  @Patch(':id')
  async change(
    @CurrentCall() call: Call,
    @Param('id') given: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = imageIdOf(given);
    const operations = parsePatch(request.headers['content-type'], body);
    const changes = await this.locations.resolve(id, operations, call.actor);
    const { state, version } = await this.commands.execute(
      new RunImageCommand(id, { type: 'ChangeImage', changes }, call),
    );
    const document = await this.views.one(imageDocument(state!, this.stores.weights), call.actor);
    void reply.header('etag', entityTag(version)).type(json).send(document);
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCall() call: Call, @Param('id') given: string): Promise<void> {
    await this.commands.execute(new RunImageCommand(imageIdOf(given), { type: 'DeleteImage' }, call));
  }

  @Post(':id/actions/deactivate')
  @HttpCode(204)
  async deactivate(@CurrentCall() call: Call, @Param('id') given: string): Promise<void> {
    await this.commands.execute(new RunImageCommand(imageIdOf(given), { type: 'DeactivateImage' }, call));
  }

  @Post(':id/actions/reactivate')
  @HttpCode(204)
  async reactivate(@CurrentCall() call: Call, @Param('id') given: string): Promise<void> {
    await this.commands.execute(new RunImageCommand(imageIdOf(given), { type: 'ReactivateImage' }, call));
  }

  @Put(':id/tags/:tag')
  @HttpCode(204)
  async addTag(@CurrentCall() call: Call, @Param('id') given: string, @Param('tag') tag: string): Promise<void> {
    await this.commands.execute(new RunImageCommand(imageIdOf(given), { type: 'AddTag', tag }, call));
  }

  @Delete(':id/tags/:tag')
  @HttpCode(204)
  async removeTag(@CurrentCall() call: Call, @Param('id') given: string, @Param('tag') tag: string): Promise<void> {
    await this.commands.execute(new RunImageCommand(imageIdOf(given), { type: 'RemoveTag', tag }, call));
  }
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('The body must be a JSON object with the attributes of the image.');
  }
  return body as Record<string, unknown>;
}
