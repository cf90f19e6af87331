import type { Issued } from '#identity';

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
  const service = (type: string, name: string, url: string) => ({
    type,
    name,
    id: type,
    endpoints: ['public', 'internal', 'admin'].map((face) => ({
      id: `${type}-${face}`,
      interface: face,
      region: 'RegionOne',
      region_id: 'RegionOne',
      url,
    })),
  });
  return [service('image', 'glance', publicUrl), service('identity', 'keystone', `${publicUrl}/identity/v3`)];
}
