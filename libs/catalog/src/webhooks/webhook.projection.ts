import type { WebhookState } from '#domain';
import type { AggregateChange, InlineProjection, Statement } from '#event-store';

/** Writes what the log knows of a webhook; address, secret and place are written beside it (WebhookCatalog). */
export class WebhookProjection implements InlineProjection<WebhookState> {
  project({ id, state, version }: AggregateChange<WebhookState>): Statement[] {
    if (!state) return [];
    if (state.isDeleted)
      return [{ name: 'delete-webhook', text: 'delete from webhooks.webhooks where id = $1', values: [id] }];
    const { types, project, enabled, createdAt, updatedAt } = state;
    return [
      {
        name: 'upsert-webhook',
        // Whoever changes one wants it tried again at once. A new one begins with its own first event.
        text: `insert into webhooks.webhooks (id, version, types, project, enabled, created_at, updated_at, cursor)
          values ($1, $2, $3, $4, $5, $6, $7, (select coalesce(max(position), 0) from public.events))
          on conflict (id) do update set version = $2, types = $3, project = $4, enabled = $5, updated_at = $7,
            attempts = 0, retry_at = null`,
        values: [id, version, types, project, enabled, createdAt, updatedAt],
      },
    ];
  }
}
