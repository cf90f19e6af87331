import { Agent, request, type Dispatcher } from 'undici';
import { IdentityError } from '../identity.js';
import { readKeystoneToken, type KeystoneToken } from './keystone-token.js';

/** Where Keystone is, and who Vitrine is to it. */
export interface KeystoneAccount {
  /** OS_AUTH_URL, with or without `/v3` */
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
  readonly userDomainName: string;
  readonly projectDomainName: string;
  /** for one whole answer */
  readonly timeoutSeconds: number;
}

/** `refused`: no good token; `renew`: Keystone does not take the token of the one who asks. */
export type Verdict = KeystoneToken | 'refused' | 'renew';

interface Question {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly query: Record<string, string>;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Dispatcher.ResponseData['headers'];
}

const mostConnections = 32;
const withoutCatalogue = { nocatalog: '1' };

/** The two calls of Keystone v3 that a service makes. Errors carry what an operator needs, never a token or a password. */
export class KeystoneApi {
  private readonly tokens: string;
  private readonly agent = new Agent({ connections: mostConnections });

  constructor(private readonly account: KeystoneAccount) {
    const base = account.authUrl.replace(/\/+$/, '');
    this.tokens = `${base.endsWith('/v3') ? base : `${base}/v3`}/auth/tokens`;
  }

  /** A token for the service account. @throws IdentityError unavailable */
  async login(): Promise<KeystoneToken & { readonly token: string }> {
    const { username, password, userDomainName, projectName, projectDomainName } = this.account;
    const user = { name: username, password, domain: { name: userDomainName } };
    const auth = {
      identity: { methods: ['password'], password: { user } },
      scope: { project: { name: projectName, domain: { name: projectDomainName } } },
    };
    const headers = { 'content-type': 'application/json' };
    const reply = await this.ask({ method: 'POST', headers, body: JSON.stringify({ auth }), query: withoutCatalogue });
    if (reply.status === 401) {
      throw unavailable('Keystone does not accept OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and their domains (401)');
    }
    const token = reply.headers['x-subject-token'];
    if (reply.status !== 201 || typeof token !== 'string') throw this.strange(reply);
    return { ...this.tokenIn(reply), token };
  }

  /**
   * What a token is worth. Tokens of application credentials with access rules are refused by Keystone, because we do
   * not say that we know how to obey them (OpenStack-Identity-Access-Rules).
   * @throws IdentityError unavailable
   */
  async show(
    token: string,
    askerToken: string,
    { allowExpired, withCatalogue }: { readonly allowExpired: boolean; readonly withCatalogue: boolean },
  ): Promise<Verdict> {
    const reply = await this.ask({
      method: 'GET',
      headers: { 'x-auth-token': askerToken, 'x-subject-token': token },
      // The catalogue is most of an answer.
      query: { ...(withCatalogue ? {} : withoutCatalogue), ...(allowExpired && { allow_expired: '1' }) },
    });
    if (reply.status === 404) return 'refused';
    if (reply.status === 401) return 'renew';
    if (reply.status === 403) {
      throw unavailable('Keystone does not let OS_USERNAME check tokens (403): give it the role service or admin');
    }
    if (reply.status !== 200) throw this.strange(reply);
    return this.tokenIn(reply);
  }

  private async ask(question: Question): Promise<Reply> {
    const signal = AbortSignal.timeout(this.account.timeoutSeconds * 1000);
    try {
      return await this.send(question, signal).catch((error: unknown) => {
        // Keystone may close a connection just when it is used again. Both calls may be made twice.
        if (wasClosed(error)) return this.send(question, signal);
        throw error;
      });
    } catch (error) {
      const late = `did not answer within ${this.account.timeoutSeconds} s`;
      const failure = signal.aborted ? late : `could not be reached: ${codeOf(error) ?? 'unknown failure'}`;
      throw unavailable(`${this.tokens} ${failure}`, error);
    }
  }

  private async send({ method, headers, body, query }: Question, signal: AbortSignal): Promise<Reply> {
    const answer = await request(this.tokens, {
      ...{ method, body, query, signal, dispatcher: this.agent },
      headers: { accept: 'application/json', 'user-agent': 'vitrine', ...headers },
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  private tokenIn(reply: Reply): KeystoneToken {
    const token = readKeystoneToken(reply.text);
    if (!token) throw this.strange(reply);
    return token;
  }

  private strange({ status }: Reply): IdentityError {
    return unavailable(`${this.tokens} answered ${status}${status < 300 ? ' with something else than a token' : ''}`);
  }
}

const unavailable = (message: string, cause?: unknown) => new IdentityError('unavailable', message, { cause });

/** ECONNREFUSED, UND_ERR_SOCKET and their like. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function wasClosed(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');
}
