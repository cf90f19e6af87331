import { z } from 'zod';

/** What Keystone says of a token. */
export interface KeystoneToken {
  readonly userId: string;
  readonly userName: string;
  /** undefined for a token of a domain, of the system, or of no scope */
  readonly project: { readonly id: string; readonly name: string } | undefined;
  /** in lower case, with the implied ones */
  readonly roles: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const named = z.object({ id: z.string(), name: z.string() });
const time = z.iso.datetime().transform((text) => new Date(text));
const body = z.object({
  token: z.object({
    user: named,
    project: named.optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    issued_at: time,
    expires_at: time,
  }),
});

/** @param text the body of "Show token" or "Create token" of Keystone v3; undefined for anything else */
export function readKeystoneToken(text: string): KeystoneToken | undefined {
  const parsed = body.safeParse(json(text));
  if (!parsed.success) return undefined;
  const { user, project, roles, issued_at: issuedAt, expires_at: expiresAt } = parsed.data.token;
  const names = roles.map(({ name }) => name);
  return { userId: user.id, userName: user.name, project, roles: withImplied(names), issuedAt, expiresAt };
}

/** Keystone lists implied roles itself, unless its operator removed the implications. */
const implied = [
  ['admin', 'member'],
  ['member', 'reader'],
] as const;

function withImplied(names: readonly string[]): string[] {
  // Names are compared without case, as oslo.policy does. `system` is Vitrine itself, which no role of Keystone makes one.
  const roles = new Set(names.map((name) => name.toLowerCase()).filter((name) => name !== 'system'));
  for (const [role, weaker] of implied) if (roles.has(role)) roles.add(weaker);
  return [...roles];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
