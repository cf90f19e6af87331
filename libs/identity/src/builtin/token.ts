import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a token says; signed, not secret. Times in seconds since 1970. */
export interface TokenClaims {
  readonly user: string;
  readonly project: string;
  readonly issued: number;
  readonly expires: number;
  readonly audit: string;
}

export const newAuditId = () => randomBytes(16).toString('base64url');

export function signToken(claims: TokenClaims, key: Buffer): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `vt.${body}.${signature(body, key)}`;
}

/** undefined for what was not signed with this key, or changed since. */
export function readToken(token: string, key: Buffer): TokenClaims | undefined {
  const [prefix, body, given, ...rest] = token.split('.');
  if (prefix !== 'vt' || !body || !given || rest.length > 0) return undefined;
  // Compared as text: base64url can be spelled in many ways, and a token that was revoked in one would be good in another.
  const [expected, actual] = [Buffer.from(signature(body, key)), Buffer.from(given)];
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as TokenClaims;
}

const signature = (body: string, key: Buffer) => createHmac('sha256', key).update(body).digest('base64url');
