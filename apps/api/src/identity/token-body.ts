import { builtinCatalogue, type Issued } from '#identity';

const domain = { id: 'default', name: 'Default' };

/** The body of a token (Keystone v3, "Show token"). */
export function tokenBody({ claims, user, project }: Issued, publicUrl: string, methods: readonly string[]): object {
  return {
    token: {
      methods,
      user: { id: user.id, name: user.name, domain, password_expires_at: null },
      project: { id: project.id, name: project.name, domain },
      is_domain: false,
      roles: user.roles.map((name) => ({ id: name, name })),
      catalog: catalogOf(publicUrl),
      audit_ids: [claims.audit],
      issued_at: keystoneTime(claims.issued),
      expires_at: keystoneTime(claims.expires),
    },
  };
}

const keystoneTime = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}.000000Z`;

/** Both services at this address. */
export function catalogOf(publicUrl: string): object[] {
  const names = { image: 'glance', identity: 'keystone' };
  const endpoints = builtinCatalogue(publicUrl);
  return Object.entries(names).map(([type, name]) => ({
    ...{ type, name, id: type },
    endpoints: endpoints
      .filter(({ service }) => service === type)
      .map(({ face, region, url }) => ({ id: `${type}-${face}`, interface: face, region, region_id: region, url })),
  }));
}
