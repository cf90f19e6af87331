/** What lets a process act for a caller whose request has ended. */
export interface Delegation {
  /** 32 bytes that every process of this installation knows, and nobody else: seals what they keep for each other */
  sealingKey(): Promise<Buffer>;
  /**
   * Vitrine's own token. Beside a user's it makes that good for a while after it has expired.
   * @throws IdentityError unavailable
   */
  serviceToken(): Promise<string>;
}
