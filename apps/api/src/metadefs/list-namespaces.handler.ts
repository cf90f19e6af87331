import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { MetadefCatalog } from '#catalog';
import { assertMayListNamespaces, DomainError, type Actor } from '#domain';
import { pageLink } from '../http/page-link.js';
import { parseNamespaceListQuery } from './namespace-list-query.js';

/** A page of namespaces as the JSON text of the whole answer; `search` is the request's query string. */
export class ListNamespaces extends Query<string> {
  constructor(
    readonly search: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ListNamespaces)
export class ListNamespacesHandler implements IQueryHandler<ListNamespaces> {
  constructor(@Inject(MetadefCatalog) private readonly catalog: MetadefCatalog) {}

  async execute({ search, actor }: ListNamespaces): Promise<string> {
    assertMayListNamespaces(actor);
    const params = new URLSearchParams(search);
    const viewer = { projectId: actor.projectId, isAdmin: actor.roles.includes('admin') };
    const query = parseNamespaceListQuery(params, viewer);
    const page = await this.catalog.list(query);
    if (!page) throw new DomainError('namespace-not-found', { namespace: query.marker ?? '' });
    const full = page.count === query.limit && page.last !== null;
    return [
      `{"namespaces":[${page.summaries}]`,
      `"first":${JSON.stringify(pageLink('/v2/metadefs/namespaces', params, null))}`,
      ...(full ? [`"next":${JSON.stringify(pageLink('/v2/metadefs/namespaces', params, page.last))}`] : []),
      '"schema":"/v2/schemas/metadefs/namespaces"}',
    ].join(',');
  }
}
