import { named, type MetadefNamespace, type MetadefState } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { namespaceSummary } from './metadef-document.js';

/** Writes the rows of one namespace from its state: whatever the events were, the rows are a function of where they led. */
export class MetadefCatalogProjection implements InlineProjection<MetadefState> {
  private readonly sql: ReturnType<typeof statements>;

  /** @param schema `catalog`, or the one that a rebuild fills */
  constructor(schema = 'catalog') {
    this.sql = statements(schema);
  }

  project({ id, before, state, version }: AggregateChange<MetadefState>): Statement[] {
    if (!state) return [];
    const types = state.knownResourceTypes.filter(({ name }) => !named(before?.knownResourceTypes ?? [], name));
    return [
      this.namespace(id, state, before === undefined, version),
      ...types.map(({ name, since }) => ({ ...this.sql.insertResourceType, values: [id, name, since] })),
    ];
  }

  private namespace(id: string, state: MetadefNamespace, isNew: boolean, version: number): Statement {
    if (state.deletedAt !== null) return { ...this.sql.deleteNamespace, values: [id] };
    const { objects, properties, tags, resourceTypes } = state;
    const values = [
      id,
      version,
      state.namespace,
      state.display_name,
      state.description,
      state.visibility,
      state.protected,
      state.owner,
      state.createdAt,
      state.updatedAt,
      resourceTypes.map(({ name }) => name),
      JSON.stringify({ objects, properties, tags, resourceTypes }),
      JSON.stringify(namespaceSummary(state)),
    ];
    return { ...(isNew ? this.sql.insertNamespace : this.sql.updateNamespace), values };
  }
}

function statements(schema: string) {
  const columns = [
    ...['id', 'version', 'namespace', 'display_name', 'description', 'visibility', 'protected', 'owner'],
    ...['created_at', 'updated_at', 'resource_types', 'contents', 'summary'],
  ];
  const places = columns.map((_, index) => `$${index + 1}`).join(', ');
  const named = (name: string, text: string) => ({ name: `${schema}-${name}`, text });
  return {
    insertNamespace: named(
      'insert-namespace',
      `insert into ${schema}.metadef_namespaces (${columns.join(', ')}) values (${places})`,
    ),
    updateNamespace: named(
      'update-namespace',
      `update ${schema}.metadef_namespaces set (${columns.join(', ')}) = row(${places}) where id = $1`,
    ),
    deleteNamespace: named('delete-namespace', `delete from ${schema}.metadef_namespaces where id = $1`),
    insertResourceType: named(
      'insert-resource-type',
      `insert into ${schema}.metadef_resource_types (namespace_id, name, since) values ($1, $2, $3)`,
    ),
  };
}
