import type { ImageState, Import } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';
import { insertRows, type Row } from '../insert-rows.js';

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

function rowOf(change: AggregateChange<ImageState>): Row | undefined {
  const item = movedItem(change);
  return (
    item && {
      ...{ image_id: item.imageId, batch_id: item.batch, line: item.line, task: item.task, url: item.url },
      ...{ status: item.status, attempt: item.attempt, reason: item.reason },
      ...{ size: item.size?.toString() ?? null, updated_at: item.updatedAt },
    }
  );
}

/** An item as a change of its image left it. */
export interface MovedItem {
  readonly imageId: string;
  readonly batch: string;
  readonly line: number;
  readonly task: string;
  readonly url: string;
  readonly status: BulkItemStatus;
  readonly attempt: number;
  readonly reason: string | null;
  /** null before it is done */
  readonly size: bigint | null;
  readonly updatedAt: Date;
}

/** undefined when the change is none of its import, or the image is no item. */
export function movedItem({
  id,
  before,
  state,
}: Pick<AggregateChange<ImageState>, 'id' | 'before' | 'state'>): MovedItem | undefined {
  const item = state?.imports.findLast(({ bulk }) => bulk !== null);
  if (!state || !item?.bulk || before?.imports.includes(item)) return undefined;
  const { batch, line } = item.bulk;
  const url = 'uri' in item.method ? item.method.uri : '';
  return {
    ...{ imageId: id, batch, line, task: item.task, url },
    ...{ status: statusOf[item.state], attempt: item.attempt, reason: item.failure, updatedAt: item.updatedAt },
    size: item.state === 'succeeded' ? (state.data?.size ?? null) : null,
  };
}
