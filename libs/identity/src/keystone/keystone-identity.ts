import { IdentityError, type Caller, type Endpoint, type IdentityProvider } from '../identity.js';
import { KeystoneApi, type KeystoneAccount } from './keystone-api.js';
import type { KeystoneToken } from './keystone-token.js';
import { ServiceAccount } from './service-account.js';
import { TokenCache } from './token-cache.js';

export interface KeystoneIdentityOptions extends KeystoneAccount {
  /** how long Keystone's word about a token is taken for; a revoked token is good so long */
  readonly tokenCacheSeconds: number;
  /** id of the project that governs the cloud; names are each domain's own */
  readonly adminProjectId?: string | undefined;
  /** tokens remembered; default 10,000, a few hundred bytes each */
  readonly tokenCacheSize?: number;
  /** told when Keystone stops or begins to be of use: what is wrong, or undefined */
  readonly onChange?: (trouble: string | undefined) => void;
}

/** What no Keystone makes is not asked about: too long a header would make it cut the line. */
const plausible = /^[\x21-\x7e]{1,4096}$/;

const unauthorized = () => new IdentityError('unauthorized', 'The token is invalid, expired or revoked.');
const allowsExpired = (service: KeystoneToken | undefined) => service?.roles.includes('service') ?? false;

/**
 * Asks a Keystone. While it cannot be reached, tokens that were checked within the cache's age go on working, and nothing
 * else does.
 */
export class KeystoneIdentity implements IdentityProvider {
  private readonly keystone: KeystoneApi;
  private readonly account: ServiceAccount;
  private readonly live: TokenCache<KeystoneToken>;
  /** with those that have expired: another question, so another cache */
  private readonly expired: TokenCache<KeystoneToken>;
  private trouble: string | undefined | null = null;

  constructor(private readonly options: KeystoneIdentityOptions) {
    this.keystone = new KeystoneApi(options);
    this.account = new ServiceAccount(this.keystone);
    const cache = { size: options.tokenCacheSize ?? 10_000, maxAgeSeconds: options.tokenCacheSeconds };
    this.live = new TokenCache(cache);
    this.expired = new TokenCache(cache);
  }

  /** Logs in before somebody waits for it. Keystone need not be there yet. */
  async prepare(): Promise<void> {
    await this.noticing(() => this.account.token()).catch(() => undefined);
  }

  async authenticate(token: string, serviceToken?: string): Promise<Caller> {
    const service = await this.service(serviceToken);
    const user = await this.known(token, allowsExpired(service));
    // Asking for another token of the same scope would not help, so this is no 401. Glance's policy says 403 as well.
    if (!user.project) throw new IdentityError('forbidden', 'The token is for no project: ask for one that is.');
    return {
      userId: user.userId,
      userName: user.userName,
      projectId: user.project.id,
      projectName: user.project.name,
      roles: user.roles,
      ...(service && { serviceRoles: service.roles }),
      ...(user.project.id === this.options.adminProjectId && { isAdminProject: true }),
      expiresAt: user.expiresAt,
    };
  }

  async catalogue(token: string, serviceToken?: string): Promise<readonly Endpoint[]> {
    const how = { allowExpired: allowsExpired(await this.service(serviceToken)), withCatalogue: true };
    const user = await this.noticing(() => this.ask(token, how));
    if (!user) throw unauthorized();
    return user.endpoints;
  }

  private async service(serviceToken: string | undefined): Promise<KeystoneToken | undefined> {
    return serviceToken === undefined ? undefined : this.known(serviceToken, false);
  }

  private async known(token: string, allowExpired: boolean): Promise<KeystoneToken> {
    const cache = allowExpired ? this.expired : this.live;
    const end = ({ expiresAt }: KeystoneToken) => (allowExpired ? Infinity : expiresAt.getTime());
    const known = plausible.test(token)
      ? await cache.get(token, end, () => this.noticing(() => this.ask(token, { allowExpired, withCatalogue: false })))
      : undefined;
    if (!known) throw unauthorized();
    return known;
  }

  private async ask(token: string, how: Parameters<KeystoneApi['show']>[2]): Promise<KeystoneToken | undefined> {
    const own = await this.account.token();
    let verdict = await this.keystone.show(token, own, how);
    if (verdict === 'renew') {
      verdict = await this.keystone.show(token, await this.account.instead(own), how);
    }
    if (verdict === 'renew') {
      throw new IdentityError(
        'unavailable',
        'Keystone does not take the token that it has just given to OS_USERNAME (401)',
      );
    }
    return verdict === 'refused' ? undefined : verdict;
  }

  /** Tells once that something is wrong, and once that it is over, not at each request. */
  private async noticing<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.notice(undefined);
      return result;
    } catch (error) {
      if (error instanceof IdentityError && error.code === 'unavailable') this.notice(error.message);
      throw error;
    }
  }

  private notice(trouble: string | undefined): void {
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    this.options.onChange?.(trouble);
  }
}
