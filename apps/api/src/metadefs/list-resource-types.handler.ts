import { Inject } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { MetadefCatalog, timesOf } from '#catalog';
import { assertMayListNamespaces, type Actor } from '#domain';

/** Every resource type that properties can be defined for. */
export class ListResourceTypes extends Query<object[]> {
  constructor(readonly actor: Actor) {
    super();
  }
}

@QueryHandler(ListResourceTypes)
export class ListResourceTypesHandler implements IQueryHandler<ListResourceTypes> {
  constructor(@Inject(MetadefCatalog) private readonly catalog: MetadefCatalog) {}

  async execute({ actor }: ListResourceTypes): Promise<object[]> {
    assertMayListNamespaces(actor);
    const types = await this.catalog.resourceTypes();
    return types.map(({ name, since }) => ({ name, ...timesOf({ createdAt: since, updatedAt: since }) }));
  }
}
