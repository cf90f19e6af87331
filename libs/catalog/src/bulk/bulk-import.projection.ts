import type { BulkImportState } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';

const columns = [
  ...['id', 'version', 'project', 'user_id', 'status', 'items', 'concurrency', 'attempts', 'on_error', 'reason'],
  ...['goes_on_since', 'created_at', 'updated_at'],
];

/** Writes the row of one bulk import; its counts are those of its items. */
export class BulkImportProjection implements InlineProjection<BulkImportState> {
  private readonly upsert: { readonly name: string; readonly text: string };

  constructor(schema = 'catalog') {
    const moving = ['version', 'status', 'reason', 'goes_on_since', 'updated_at'];
    this.upsert = {
      name: `${schema}-upsert-bulk-import`,
      text: `insert into ${schema}.bulk_imports (${columns.join(', ')})
        values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
        on conflict (id) do update set ${moving.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    };
  }

  project({ id, state, version }: AggregateChange<BulkImportState>): Statement[] {
    if (!state) return [];
    const { project, userId, status, items, concurrency, attempts, onError, reason } = state;
    const values = [id, version, project, userId, status, items, concurrency, attempts, onError, reason];
    return [{ ...this.upsert, values: [...values, state.goesOnSince, state.createdAt, state.updatedAt] }];
  }
}
