import { randomBytes } from 'node:crypto';
import { openText, sealText, type Delegation } from '#identity';

const prefix = 'whsec_';
const bytes = 32;

/** As the Standard Webhooks have them: `whsec_` and 24 to 64 bytes in Base64. */
export function isWebhookSecret(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const key = webhookKey(text);
  return key.length >= 24 && key.length <= 64 && key.toString('base64') === text.slice(prefix.length);
}

export const newWebhookSecret = () => prefix + randomBytes(bytes).toString('base64');
export const webhookKey = (secret: string) => Buffer.from(secret.slice(prefix.length), 'base64');

/** The secrets of webhooks, which lie sealed in the database, as credentials of imports do (docs/adr/0018, 0027). */
export class WebhookSecrets {
  constructor(private readonly delegation: Delegation) {}

  async seal(id: string, secret: string): Promise<Buffer> {
    return sealText(await this.delegation.sealingKey(), purposeOf(id), secret);
  }

  /** undefined when it was sealed by another installation, or under another password of the service account */
  async open(id: string, sealed: Buffer): Promise<string | undefined> {
    return openText(await this.delegation.sealingKey(), purposeOf(id), sealed);
  }
}

const purposeOf = (id: string) => `webhook ${id}`;
