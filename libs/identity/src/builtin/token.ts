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
  return `vt.${body}.${signature(body, key).toString('base64url')}`;
}

/** undefined for what was not signed with this key, or changed since. */
export function readToken(token: string, key: Buffer): TokenClaims | undefined {
  const [prefix, body, given, ...rest] = token.split('.');
  if (prefix !== 'vt' || !body || !given || rest.length > 0) return undefined;
  const expected = signature(body, key);
  const actual = Buffer.from(given, 'base64url');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as TokenClaims;
}

const signature = (body: string, key: Buffer) => createHmac('sha256', key).update(body).digest();
