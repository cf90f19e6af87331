/** Which events a receiver is told. */
export interface WebhookFilter {
  /** types of events; null: all */
  readonly types: readonly string[] | null;
  /** that is told what concerns it: its images, and its own invitations to others; null: everything */
  readonly project: string | null;
}

/**
 * Somebody's web server that is told what happens. The log knows the origin of its address only: what follows is often as
 * good as a password, and is kept beside the secret.
 */
export interface Webhook extends WebhookFilter {
  readonly id: string;
  readonly origin: string;
  readonly enabled: boolean;
  readonly isDeleted: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type WebhookState = Webhook | undefined;
