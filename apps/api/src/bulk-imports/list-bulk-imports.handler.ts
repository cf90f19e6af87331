import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { BulkCatalog, bulkItemStatuses, type CatalogBulkImport } from '#catalog';
import { assertMayListBulkImports, assertMayOnBulkImport, DomainError, type Actor } from '#domain';
import { badRequest } from '../http/fault.js';
import { pageLink } from '../http/page-link.js';
import { parseLimit, word } from '../http/page-params.js';
import { isImageId } from '../images/image-id.js';
import { bulkImportPath, bulkImportView, bulkItemView } from './bulk-views.js';

const defaultLimit = 25;
const mostImports = 100;
const mostItems = 1000;

export class ShowBulkImport extends Query<object> {
  constructor(
    readonly id: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowBulkImport)
export class ShowBulkImportHandler implements IQueryHandler<ShowBulkImport> {
  constructor(@Inject(BulkCatalog) private readonly catalog: BulkCatalog) {}

  async execute({ id, actor }: ShowBulkImport): Promise<object> {
    return bulkImportView(await visibleBulkImport(this.catalog, id, actor));
  }
}

/** Those of the caller's project, an admin's list has all; `search` is the request's query string. */
export class ListBulkImports extends Query<object> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListBulkImports)
export class ListBulkImportsHandler implements IQueryHandler<ListBulkImports> {
  constructor(@Inject(BulkCatalog) private readonly catalog: BulkCatalog) {}

  async execute({ search, actor }: ListBulkImports): Promise<object> {
    assertMayListBulkImports(actor);
    const params = new URLSearchParams(search);
    const limit = Math.min(parseLimit(params.get('limit') ?? undefined, 1) ?? defaultLimit, mostImports);
    const marker = params.get('marker') ?? undefined;
    if (marker !== undefined && !isImageId(marker))
      throw badRequest('marker must be the id of the last bulk import seen');
    const all = actor.roles.includes('admin');
    const page = await this.catalog.list(all ? null : (actor.projectId ?? ''), limit, marker);
    if (!page) throw badRequest('The marker is no bulk import.');
    const next = page.length === limit ? page.at(-1) : undefined;
    return {
      bulk_imports: page.map(bulkImportView),
      ...(next && { next: pageLink('/vitrine/v1/bulk-imports', params, next.id) }),
    };
  }
}

/** The items of one bulk import by line. */
export class ListBulkItems extends Query<object> {
  constructor(
    readonly id: string,
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListBulkItems)
export class ListBulkItemsHandler implements IQueryHandler<ListBulkItems> {
  constructor(@Inject(BulkCatalog) private readonly catalog: BulkCatalog) {}

  async execute({ id, search, actor }: ListBulkItems): Promise<object> {
    await visibleBulkImport(this.catalog, id, actor);
    const params = new URLSearchParams(search);
    const given = params.get('status');
    const status = given === null ? undefined : word('status', given, bulkItemStatuses);
    const limit = Math.min(parseLimit(params.get('limit') ?? undefined, 1) ?? defaultLimit, mostItems);
    const marker = params.get('marker') ?? '0';
    if (!/^\d{1,9}$/.test(marker)) throw badRequest('marker must be the line of the last item seen');
    const page = await this.catalog.items(id, { status, after: Number(marker), limit });
    const next = page.length === limit ? page.at(-1) : undefined;
    return {
      items: page.map(bulkItemView),
      ...(next && { next: pageLink(`${bulkImportPath(id)}/items`, params, String(next.line)) }),
    };
  }
}

/** @throws DomainError bulk-import-not-found */
export async function visibleBulkImport(catalog: BulkCatalog, id: string, actor: Actor): Promise<CatalogBulkImport> {
  const found = await catalog.find(id);
  if (!found) throw new DomainError('bulk-import-not-found', { id });
  assertMayOnBulkImport('show', actor, found);
  return found;
}
