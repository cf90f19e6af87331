/** Who calls, as the identity service vouches for it. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly projectName: string;
  /** with the implied ones: admin implies member, member implies reader */
  readonly roles: readonly string[];
  /** of the service that passes the user's request on (X-Service-Token); absent without one */
  readonly serviceRoles?: readonly string[];
  /** the project is the one that governs the cloud; absent otherwise */
  readonly isAdminProject?: boolean;
  readonly expiresAt: Date;
}

/** Where a service is, as a catalogue has it. */
export interface Endpoint {
  /** type of the service: image, identity … */
  readonly service: string;
  /** public, internal or admin */
  readonly face: string;
  readonly region: string;
  readonly url: string;
}

/** Checks tokens; built in, or Keystone. */
export interface IdentityProvider {
  /**
   * A valid service token that has the role `service` makes an expired token good for as long as the identity service
   * allows; one that is not valid is refused, whatever the other is.
   * @throws IdentityError
   */
  authenticate(token: string, serviceToken?: string): Promise<Caller>;
  /** Where services are for whoever has the token. @throws IdentityError */
  catalogue(token: string, serviceToken?: string): Promise<readonly Endpoint[]>;
}

/**
 * `unauthorized`: the token is none, expired or revoked; `forbidden`: it is good, but for nothing here; `unavailable`:
 * nobody can say now.
 */
export class IdentityError extends Error {
  constructor(
    readonly code: 'unauthorized' | 'forbidden' | 'unavailable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'IdentityError';
  }
}
