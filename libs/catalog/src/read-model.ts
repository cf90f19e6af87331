import type { BulkImportState, ImageState, MetadefState } from '#domain';
import type { InlineProjection, RecordedEvent, Statement } from '#event-store';
import { BulkImportProjection } from './bulk/bulk-import.projection.js';
import { BulkItemProjection } from './bulk/bulk-item.projection.js';
import { ImageCatalogProjection, type ImageCatalogOptions } from './images/image-catalog.projection.js';
import { MetadefCatalogProjection } from './metadefs/metadef-catalog.projection.js';
import { TaskProjection } from './tasks/task.projection.js';
import { usageSums, type Sums } from './images/usage-sums.js';

/** The tables that are a function of one kind of stream, and the function: what a rebuild needs to know of them. */
export interface ReadModel {
  /** name of the aggregate: its streams are `<name>-<id>` */
  readonly aggregate: string;
  /** in the order in which writers take them; `key` is the column with the stream's id */
  readonly tables: readonly { readonly name: string; readonly key: string }[];
  /** Gives the statements that write one stream's rows into a schema, from all of its events. */
  into(schema: string): (events: readonly RecordedEvent[]) => readonly Statement[];
  /** A table of sums over the others, which writers take last. */
  readonly sums?: { readonly table: string; of(schema: string): Sums };
  /** SQL that takes over into a schema what the live rows of `catalog` hold and the log does not. */
  takeOver?(schema: string): string;
}

/** The state of one stream after its events; a command runner's `fold`. */
export type Fold<State> = (id: string, events: readonly RecordedEvent[]) => { state: State; version: number };

export function imageReadModel(options: Omit<ImageCatalogOptions, 'schema'>, fold: Fold<ImageState>): ReadModel {
  return {
    aggregate: 'image',
    tables: [
      { name: 'images', key: 'id' },
      { name: 'labels', key: 'image_id' },
      { name: 'members', key: 'image_id' },
      { name: 'blobs', key: 'image_id' },
      { name: 'work', key: 'image_id' },
      { name: 'tasks', key: 'image_id' },
      { name: 'bulk_items', key: 'image_id' },
    ],
    sums: { table: 'usage', of: usageSums },
    into: (schema) =>
      rowsOf(
        'image',
        [
          new ImageCatalogProjection({ ...options, schema }),
          new TaskProjection(schema),
          new BulkItemProjection(schema),
        ],
        fold,
      ),
    // Heartbeats are not in the log: what was projected minutes ago would seem to have gone silent. Neither are anybody's
    // rights. And the log knows tasks of years.
    takeOver: (schema) => `
      update ${schema}.work next set lease_until = live.lease_until, queued_at = live.queued_at, bytes = live.bytes,
        bytes_total = live.bytes_total
      from catalog.work live
      where live.image_id = next.image_id and live.attempt = next.attempt and live.claims = next.claims
        and live.state = next.state;
      update ${schema}.work next set credential = live.credential from catalog.work live
      where live.image_id = next.image_id and live.attempt = next.attempt;
      delete from ${schema}.tasks where expires_at <= now()`,
  };
}

export function bulkImportReadModel(fold: Fold<BulkImportState>): ReadModel {
  return {
    aggregate: 'bulk',
    tables: [{ name: 'bulk_imports', key: 'id' }],
    into: (schema) => rowsOf('bulk', [new BulkImportProjection(schema)], fold),
  };
}

export function metadefReadModel(fold: Fold<MetadefState>): ReadModel {
  return {
    aggregate: 'metadef',
    tables: [
      { name: 'metadef_namespaces', key: 'id' },
      { name: 'metadef_resource_types', key: 'namespace_id' },
    ],
    into: (schema) => rowsOf('metadef', [new MetadefCatalogProjection(schema)], fold),
  };
}

function rowsOf<State>(
  aggregate: string,
  projections: readonly InlineProjection<State | undefined>[],
  fold: Fold<State | undefined>,
): (events: readonly RecordedEvent[]) => readonly Statement[] {
  return (events) => {
    const id = events[0]!.streamId.slice(`${aggregate}-`.length);
    const change = { id, before: undefined, ...fold(id, events) };
    return projections.flatMap((projection) => [...projection.project(change)]);
  };
}
