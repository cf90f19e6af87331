import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ImageCatalog } from '#catalog';
import type { Actor } from '#domain';
import { badRequest, Fault } from '../http/fault.js';
import { pageLink } from '../http/page-link.js';
import { ImageViews } from './image-views.js';
import { parseListQuery } from './list-query.js';
import { ReadableProperties } from './readable-properties.js';

/** A page of images as the JSON text of the whole answer; `search` is the request's query string. */
export class ListImages extends Query<string> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListImages)
export class ListImagesHandler implements IQueryHandler<ListImages> {
  constructor(
    @Inject(ImageCatalog) private readonly catalog: ImageCatalog,
    @Inject(ReadableProperties) private readonly readable: ReadableProperties,
    @Inject(ImageViews) private readonly views: ImageViews,
  ) {}

  async execute({ search, actor }: ListImages): Promise<string> {
    if (!actor.roles.includes('reader') && !actor.roles.includes('member') && !actor.roles.includes('admin')) {
      throw new Fault(403, 'You are not authorized to list images.');
    }
    const params = new URLSearchParams(search);
    const query = parseListQuery(params, { projectId: actor.projectId, isAdmin: actor.roles.includes('admin') });
    const isEmpty = query.limit === 0 || !this.readable.mayAsk(query.filters, actor);
    const page = isEmpty ? noImages : await this.catalog.list(query);
    if (!page) throw badRequest(`The marker ${query.marker ?? ''} is no image that you can list.`);
    const full = page.count === query.limit && page.last !== null;
    return [
      `{"images":[${await this.views.many(page.documents, actor)}]`,
      `"first":${JSON.stringify(pageLink('/v2/images', params, null))}`,
      ...(full ? [`"next":${JSON.stringify(pageLink('/v2/images', params, page.last))}`] : []),
      '"schema":"/v2/schemas/images"}',
    ].join(',');
  }
}

const noImages = { documents: '', count: 0, last: null };
