import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { MetadefCatalog, type CatalogNamespace } from '#catalog';
import { DomainError, mayOnNamespace, namespaceStandingOf, type Actor } from '#domain';

/** One namespace with all that it holds, of which every answer about it is made. */
export class ShowNamespace extends Query<CatalogNamespace> {
  constructor(
    readonly namespace: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@QueryHandler(ShowNamespace)
export class ShowNamespaceHandler implements IQueryHandler<ShowNamespace> {
  constructor(@Inject(MetadefCatalog) private readonly catalog: MetadefCatalog) {}

  async execute({ namespace, actor }: ShowNamespace): Promise<CatalogNamespace> {
    const found = await this.catalog.find(namespace);
    if (!found || !mayOnNamespace('show', namespaceStandingOf(actor, found))) {
      throw new DomainError('namespace-not-found', { namespace });
    }
    return found;
  }
}
