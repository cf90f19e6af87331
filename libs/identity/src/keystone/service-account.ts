import type { KeystoneApi } from './keystone-api.js';

interface OwnToken {
  readonly token: string;
  /** milliseconds since 1970, by this machine's clock */
  readonly renewAt: number;
}

/** Vitrine's own token, which it needs to ask about those of others. Whoever needs a new one waits for the same login. */
export class ServiceAccount {
  private current: OwnToken | undefined;
  private login: Promise<OwnToken> | undefined;

  constructor(private readonly keystone: KeystoneApi) {}

  /** @throws IdentityError unavailable */
  async token(): Promise<string> {
    if (this.current && Date.now() < this.current.renewAt) return this.current.token;
    return this.renew();
  }

  /** A token instead of one that Keystone does not take any more. @throws IdentityError unavailable */
  async instead(refused: string): Promise<string> {
    if (this.current && this.current.token !== refused) return this.current.token;
    return this.renew();
  }

  private async renew(): Promise<string> {
    this.login ??= this.logIn().finally(() => (this.login = undefined));
    this.current = await this.login;
    return this.current.token;
  }

  private async logIn(): Promise<OwnToken> {
    const asked = Date.now();
    const { token, issuedAt, expiresAt } = await this.keystone.login();
    // Its life, not its end: the clocks may differ. A minute before the end, or less where tokens live for minutes.
    const life = expiresAt.getTime() - issuedAt.getTime();
    return { token, renewAt: asked + life - Math.min(60_000, life / 10) };
  }
}
