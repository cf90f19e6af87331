/** Who calls, as the identity service vouches for it. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly projectName: string;
  /** with the implied ones: admin implies member, member implies reader */
  readonly roles: readonly string[];
  readonly expiresAt: Date;
}

/** Checks tokens; built in, or Keystone. */
export interface IdentityProvider {
  /** @throws IdentityError */
  authenticate(token: string, serviceToken?: string): Promise<Caller>;
}

/** `unauthorized`: the token is none, expired or revoked; `unavailable`: nobody can say now. */
export class IdentityError extends Error {
  constructor(
    readonly code: 'unauthorized' | 'unavailable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'IdentityError';
  }
}
