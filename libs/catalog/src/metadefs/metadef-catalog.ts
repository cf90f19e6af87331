import type { Dated, MetadefObject, MetadefProperty, NamespaceAttributes, ResourceTypeAssociation } from '#domain';
import type { Database } from '#event-store';
import type { CatalogNamespace } from './metadef-document.js';
import { namespaceListStatement, type NamespaceListQuery } from './metadef-list.query.js';

/** One page of a list: the namespaces as JSON texts, comma-joined. */
export interface NamespacePage {
  readonly summaries: string;
  readonly count: number;
  /** name of the last namespace, the next page's marker */
  readonly last: string | null;
}

/** Answers from the read models of metadata definitions; one statement a question. */
export class MetadefCatalog {
  constructor(private readonly database: Database) {}

  /** undefined when the marker is no namespace that the viewer may see */
  async list(query: NamespaceListQuery): Promise<NamespacePage | undefined> {
    if (!isStorable(query.marker ?? '')) return undefined;
    const resourceTypes = query.resourceTypes?.filter(isStorable);
    const [row] = await this.database.query<NamespacePage & { marker_found: boolean }>(
      namespaceListStatement({ ...query, resourceTypes }),
    );
    return row!.marker_found ? row : undefined;
  }

  async find(namespace: string): Promise<CatalogNamespace | undefined> {
    if (!isStorable(namespace)) return undefined;
    const [row] = await this.database.query<NamespaceRow>({
      name: 'find-namespace',
      // served by metadef_namespaces_namespace_key
      text: `select id, namespace, display_name, description, visibility, protected, owner,
               created_at as "createdAt", updated_at as "updatedAt", contents
             from catalog.metadef_namespaces where namespace = $1`,
      values: [namespace],
    });
    if (!row) return undefined;
    const { contents, ...rest } = row;
    const { objects, properties, tags, resourceTypes } = contents;
    return {
      ...rest,
      properties,
      objects: objects.map(dated),
      tags: tags.map(dated),
      resourceTypes: resourceTypes.map(dated),
    };
  }

  /** Every resource type that a namespace was ever associated with, oldest first. */
  async resourceTypes(): Promise<{ readonly name: string; readonly since: Date }[]> {
    return this.database.query<{ name: string; since: Date }>({
      name: 'resource-types',
      text: 'select name, min(since) as since from catalog.metadef_resource_types group by name order by since, name',
      values: [],
    });
  }
}

interface NamespaceRow extends NamespaceAttributes {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly contents: {
    readonly objects: readonly (MetadefObject & Stored)[];
    readonly properties: readonly MetadefProperty[];
    readonly tags: readonly ({ readonly name: string } & Stored)[];
    readonly resourceTypes: readonly (ResourceTypeAssociation & Stored)[];
  };
}

/** Times as JSON holds them. */
interface Stored {
  readonly createdAt: string;
  readonly updatedAt: string;
}

function dated<T extends Stored>(one: T): Omit<T, keyof Stored> & Dated {
  return { ...one, createdAt: new Date(one.createdAt), updatedAt: new Date(one.updatedAt) };
}

/** PostgreSQL's text cannot hold NUL, so nothing has such a name. */
const isStorable = (text: string) => !text.includes('\0');
