import type { CatalogWebhook, DeadLetter } from '#catalog';

export const webhooksPath = '/vitrine/v1/webhooks';

/** A webhook as admins see it. Its secret is nowhere. */
export function webhookView(webhook: CatalogWebhook): object {
  const { id, url, types, project, enabled, createdAt, updatedAt, cursor, head } = webhook;
  const { attempts, retryAt, reason, lastSuccessAt, deadLetters } = webhook;
  return {
    ...{ id, url, event_types: types, project_id: project, enabled },
    ...{ created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() },
    position: cursor,
    behind: head - cursor,
    last_success_at: lastSuccessAt?.toISOString() ?? null,
    failing: attempts === 0 ? null : { attempts, reason, retry_at: retryAt?.toISOString() ?? null },
    dead: deadLetters,
    self: `${webhooksPath}/${id}`,
  };
}

export function letterView({ position, type, status, attempts, reason, since }: DeadLetter): object {
  return { position, type, status, attempts, reason, since: since.toISOString() };
}
