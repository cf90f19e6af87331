import { z } from 'zod';
import type { Endpoint } from '../identity.js';

/** What Keystone says of a token. */
export interface KeystoneToken {
  readonly userId: string;
  readonly userName: string;
  /** undefined for a token of a domain, of the system, or of no scope */
  readonly project: { readonly id: string; readonly name: string } | undefined;
  /** in lower case, with the implied ones */
  readonly roles: readonly string[];
  /** none where Keystone was asked to leave them out */
  readonly endpoints: readonly Endpoint[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const named = z.object({ id: z.string(), name: z.string() });
const time = z.iso.datetime().transform((text) => new Date(text));
const endpoint = z.object({ interface: z.string(), region_id: z.string().nullish(), url: z.string() });
const service = z.object({ type: z.string(), endpoints: z.array(endpoint).default([]) });
const body = z.object({
  token: z.object({
    user: named,
    project: named.optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    catalog: z.array(service).default([]),
    issued_at: time,
    expires_at: time,
  }),
});

/** @param text the body of "Show token" or "Create token" of Keystone v3; undefined for anything else */
export function readKeystoneToken(text: string): KeystoneToken | undefined {
  const parsed = body.safeParse(json(text));
  if (!parsed.success) return undefined;
  const { user, project, roles, catalog, issued_at: issuedAt, expires_at: expiresAt } = parsed.data.token;
  const names = roles.map(({ name }) => name);
  return {
    userId: user.id,
    userName: user.name,
    project,
    roles: withImplied(names),
    endpoints: endpointsOf(catalog),
    issuedAt,
    expiresAt,
  };
}

function endpointsOf(catalog: readonly z.infer<typeof service>[]): Endpoint[] {
  return catalog.flatMap(({ type, endpoints }) =>
    endpoints.map(({ interface: face, region_id: region, url }) => ({
      service: type,
      face,
      region: region ?? '',
      url,
    })),
  );
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
