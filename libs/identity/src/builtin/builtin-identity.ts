import { IdentityError, type Caller, type Endpoint, type IdentityProvider } from '../identity.js';
import { passwordMatches, type Directory, type Project, type User } from './directory.js';
import { newAuditId, readToken, signToken, type TokenClaims } from './token.js';

const tokenLifeSeconds = 24 * 3600;
/** Keystone's `allow_expired_window` */
const expiredWindowSeconds = 48 * 3600;
const cacheSize = 10_000;

/** The catalogue's one region. */
export function builtinCatalogue(url: string): Endpoint[] {
  const services = { image: url, identity: `${url}/identity/v3` };
  return Object.entries(services).flatMap(([service, at]) =>
    ['public', 'internal', 'admin'].map((face) => ({ service, face, region: 'RegionOne', url: at })),
  );
}

export interface Issued {
  readonly token: string;
  readonly claims: TokenClaims;
  readonly user: User;
  readonly project: Project;
}

/** A small Keystone for one machine: five users, four projects, signed tokens. Revocations last until a restart. */
export class BuiltinIdentity implements IdentityProvider {
  private readonly key: Buffer;
  private readonly callers = new Map<string, Caller>();
  private readonly revoked = new Set<string>();
  /** where both services are; nowhere before it is known */
  private url: string | undefined;

  constructor(readonly directory: Directory) {
    this.key = Buffer.from(directory.signingKey, 'base64');
  }

  authenticate(token: string, serviceToken?: string): Promise<Caller> {
    return new Promise((resolve) => resolve(this.callerOf(token, serviceToken)));
  }

  /** Region → both services, which are this process. */
  async catalogue(token: string, serviceToken?: string): Promise<readonly Endpoint[]> {
    await this.authenticate(token, serviceToken);
    return this.url === undefined ? [] : builtinCatalogue(this.url);
  }

  publish(url: string): void {
    this.url = url;
  }

  private callerOf(token: string, serviceToken: string | undefined): Caller {
    if (serviceToken === undefined) return this.caller(token, false);
    const { roles: serviceRoles } = this.caller(serviceToken, false);
    return { ...this.caller(token, serviceRoles.includes('service')), serviceRoles };
  }

  private caller(token: string, allowExpired: boolean): Caller {
    const known = this.callers.get(token);
    if (known && known.expiresAt.getTime() > Date.now()) return known;
    const valid = this.validate(token, { allowExpired });
    if (!valid) throw new IdentityError('unauthorized', 'The token is invalid, expired or revoked.');
    const { user, project, claims } = valid;
    const caller: Caller = {
      userId: user.id,
      userName: user.name,
      projectId: project.id,
      projectName: project.name,
      roles: user.roles,
      ...(project.name === 'admin' && { isAdminProject: true }),
      expiresAt: new Date(claims.expires * 1000),
    };
    // The oldest goes: a Map keeps the order of insertion.
    if (this.callers.size >= cacheSize) this.callers.delete(this.callers.keys().next().value!);
    this.callers.set(token, caller);
    return caller;
  }

  /** undefined when the token cannot be used (any more). `allowExpired`: as long as Keystone's window for services. */
  validate(token: string, { allowExpired = false } = {}): Issued | undefined {
    const claims = readToken(token, this.key);
    if (!claims || this.revoked.has(claims.audit)) return undefined;
    const end = claims.expires + (allowExpired ? expiredWindowSeconds : 0);
    if (end * 1000 <= Date.now()) return undefined;
    const user = this.directory.users.find(({ id }) => id === claims.user);
    const project = this.directory.projects.find(({ id }) => id === claims.project);
    return user && project && { token, claims, user, project };
  }

  /** A token for the user's project; undefined when the password is wrong or the project is not his. */
  async login(user: User | undefined, password: string, project?: Project): Promise<Issued | undefined> {
    if (!(await passwordMatches(user, password)) || !user) return undefined;
    return this.issue(user, project);
  }

  /** A new token for whoever has one; it ends when that one does, as Keystone's do, or a stolen one could be renewed for ever. */
  renew({ user, claims }: Issued, project?: Project): Issued | undefined {
    return this.issue(user, project, claims.expires);
  }

  issue(user: User, project?: Project, expires?: number): Issued | undefined {
    const scope = this.directory.projects.find(({ id }) => id === user.projectId)!;
    if (project && project.id !== scope.id) return undefined;
    const issued = Math.floor(Date.now() / 1000);
    const claims = {
      user: user.id,
      project: scope.id,
      issued,
      expires: expires ?? issued + tokenLifeSeconds,
      audit: newAuditId(),
    };
    return { token: signToken(claims, this.key), claims, user, project: scope };
  }

  revoke(token: string): void {
    const claims = readToken(token, this.key);
    if (!claims) return;
    this.callers.delete(token);
    this.revoked.add(claims.audit);
  }
}
