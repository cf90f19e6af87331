import type { Actor } from '#domain';
import type { EventContext } from '#event-store';

/** Vitrine's own hand: workers, the sweeper, the seeds. */
export const systemActor: Actor = { userId: 'vitrine', projectId: null, roles: ['system'] };

/** What caused a command, beside its actor. */
export interface Cause {
  readonly requestId: string | null;
  readonly causationId?: string | null;
  readonly correlationId?: string | null;
}

/** Who and why, as the log keeps it with every event. */
export function contextOf({ userId, projectId, roles }: Actor, cause: Cause): Omit<EventContext, 'recordedAt'> {
  return {
    actor: { user_id: userId, project_id: projectId, roles },
    projectId,
    requestId: cause.requestId,
    causationId: cause.causationId ?? null,
    correlationId: cause.correlationId ?? null,
  };
}
