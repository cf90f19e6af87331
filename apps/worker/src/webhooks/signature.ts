import { createHmac } from 'node:crypto';
import { webhookKey } from '#platform';

/** Headers by which a receiver knows who sent a body, and when (standardwebhooks.com). `at` in seconds since 1970. */
export function signed(secret: string, id: string, at: number, body: string): Record<string, string> {
  const digest = createHmac('sha256', webhookKey(secret)).update(`${id}.${at}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${digest}` };
}
