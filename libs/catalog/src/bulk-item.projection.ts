import type { ImageState, Import } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { insertRows, type Row } from './insert-rows.js';

export const bulkItemStatuses = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
export type BulkItemStatus = (typeof bulkItemStatuses)[number];

const statusOf: Readonly<Record<Import['state'], BulkItemStatus>> = {
  waiting: 'waiting',
  running: 'running',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

const columns = ['image_id', 'batch_id', 'line', 'task', 'url', 'status', 'attempt', 'reason', 'size', 'updated_at'];

/** Writes how far the import of a bulk import's image is, in the transaction that moves it: counts are right at every moment. */
export class BulkItemProjection implements InlineProjection<ImageState> {
  private readonly upsert: { readonly name: string; readonly text: string };
  private readonly insert: ReturnType<typeof insertRows>;

  constructor(schema = 'catalog') {
    this.insert = insertRows(schema, 'bulk_items', columns);
    const moving = ['task', 'status', 'attempt', 'reason', 'size', 'updated_at'];
    this.upsert = {
      name: `${schema}-upsert-bulk-item`,
      text: `insert into ${schema}.bulk_items (${columns.join(', ')})
        values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
        on conflict (image_id) do update set ${moving.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    };
  }

  project(change: AggregateChange<ImageState>): Statement[] {
    const row = rowOf(change);
    return row ? [{ ...this.upsert, values: columns.map((column) => row[column]) }] : [];
  }

  projectNew(changes: readonly AggregateChange<ImageState>[]): Statement[] {
    return this.insert(changes.map(rowOf).filter((row) => row !== undefined));
  }
}

/** undefined when the change is none of its import, or the image is no item. */
function rowOf({ id, before, state }: AggregateChange<ImageState>): Row | undefined {
  const item = state?.imports.findLast(({ bulk }) => bulk !== null);
  if (!state || !item?.bulk || before?.imports.includes(item)) return undefined;
  const { batch, line } = item.bulk;
  const uri = 'uri' in item.method ? item.method.uri : '';
  return {
    ...{ image_id: id, batch_id: batch, line, task: item.task, url: uri },
    ...{ status: statusOf[item.state], attempt: item.attempt, reason: item.failure },
    size: item.state === 'succeeded' ? (state.data?.size.toString() ?? null) : null,
    updated_at: item.updatedAt,
  };
}
