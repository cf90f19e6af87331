/** Injection token of the IdentityProvider that checks this API's callers. */
export const IDENTITY = Symbol('identity');
