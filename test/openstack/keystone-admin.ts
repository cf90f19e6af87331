import { request } from 'undici';

type Json = Readonly<Record<string, unknown>>;
interface Thing {
  readonly id: string;
}

interface Login {
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
}

const domain = { name: 'Default' };

/** A token by password for the user's project, or of another scope, as any client gets it. */
export function logIn(url: string, { username, password, projectName }: Login, scope?: unknown): Promise<string> {
  const identity = { methods: ['password'], password: { user: { name: username, password, domain } } };
  return tokenFor(url, { identity, scope: scope ?? { project: { name: projectName, domain } } });
}

/** @param auth as "Create token" of Keystone v3 takes it */
export async function tokenFor(url: string, auth: object): Promise<string> {
  const answer = await request(`${url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`Keystone answered a login ${answer.statusCode}: ${text}`);
  return String(answer.headers['x-subject-token']);
}

/** Makes in a Keystone what a cloud needs: people, their projects and roles, and where its services are. */
export class KeystoneAdmin {
  private constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  static async connect(url: string, password: string): Promise<KeystoneAdmin> {
    return new KeystoneAdmin(url, await logIn(url, { username: 'admin', password, projectName: 'admin' }));
  }

  project(name: string): Promise<Thing> {
    return this.ensure('projects', 'project', { name, domain_id: 'default' });
  }

  user(name: string, password: string): Promise<Thing> {
    return this.ensure('users', 'user', { name, domain_id: 'default' }, { password });
  }

  async grant(role: string, user: Thing, project: Thing): Promise<void> {
    const { id } = await this.ensure('roles', 'role', { name: role });
    await this.send('PUT', `/projects/${project.id}/users/${user.id}/roles/${id}`);
  }

  /** The one service of a type: of two, clients look only into the first. Before specs make regions at the same time. */
  service(type: string): Promise<Thing> {
    return this.ensure('services', 'service', { type, name: type });
  }

  /** A region of its own in the catalogue: clients that are told its name find the services there, each at its URL. */
  async region(name: string, services: Readonly<Record<string, string>>): Promise<void> {
    await this.send('POST', '/regions', { region: { id: name } });
    for (const [type, url] of Object.entries({ identity: this.url, ...services })) {
      const { id } = await this.service(type);
      for (const face of ['public', 'internal', 'admin']) {
        const endpoint = { service_id: id, interface: face, url, region_id: name };
        await this.send('POST', '/endpoints', { endpoint });
      }
    }
  }

  async revoke(token: string): Promise<void> {
    await this.send('DELETE', '/auth/tokens', undefined, { 'x-subject-token': token });
  }

  private async ensure(many: string, one: string, key: Record<string, string>, more: Json = {}): Promise<Thing> {
    const found = await this.send('GET', `/${many}?${new URLSearchParams(key).toString()}`);
    const [first] = found[many] as Thing[];
    return first ?? ((await this.send('POST', `/${many}`, { [one]: { ...key, ...more } }))[one] as Thing);
  }

  private async send(method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<Json> {
    const answer = await request(`${this.url}${path}`, {
      method: method as 'GET',
      headers: { 'x-auth-token': this.token, 'content-type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`Keystone answered ${method} ${path} ${answer.statusCode}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Json);
  }
}
