import { readFileSync } from 'node:fs';
import { Agent, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { CloudError, type CloudSettings } from './clouds.js';

const tokenBody = z.looseObject({
  token: z.looseObject({
    catalog: z
      .array(
        z.looseObject({
          type: z.string(),
          endpoints: z.array(
            z.looseObject({
              interface: z.string(),
              url: z.string(),
              region: z.string().nullish(),
              region_id: z.string().nullish(),
            }),
          ),
        }),
      )
      .optional(),
  }),
});

export interface Asked {
  readonly method?: 'GET' | 'POST';
  /** below the image endpoint */
  readonly path: string;
  readonly body?: Buffer | string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The rights of one person in one cloud: logs in when it has to, and once more when a token has ended. */
export class Session {
  private readonly agent: Agent;
  private login: Promise<{ readonly token: string; readonly endpoint: string }> | undefined;

  constructor(private readonly settings: CloudSettings) {
    const { cacert, verify } = settings;
    const ca = cacert === undefined ? {} : { ca: readFileSync(cacert) };
    this.agent = new Agent({ connect: { ...ca, rejectUnauthorized: verify, timeout: 30_000 }, bodyTimeout: 90_000 });
  }

  /** The image service, without the version. @throws CloudError */
  async endpoint(): Promise<string> {
    return (await this.loggedIn()).endpoint;
  }

  /** @throws CloudError */
  async token(): Promise<string> {
    return (await this.loggedIn()).token;
  }

  /** Any answer but 401, for which it logs in again and asks once more. @throws CloudError */
  async ask(asked: Asked): Promise<Dispatcher.ResponseData> {
    const answer = await this.send(asked);
    if (answer.statusCode !== 401 || this.settings.token !== undefined) return answer;
    await answer.body.dump();
    this.login = undefined;
    return this.send(asked);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async send({ method = 'GET', path, body, headers = {}, signal }: Asked): Promise<Dispatcher.ResponseData> {
    const { token, endpoint } = await this.loggedIn();
    const url = new URL(endpoint + path);
    const common = { accept: 'application/json', 'x-auth-token': token, ...headers };
    return this.reach(url, { method, body, headers: common, signal, headersTimeout: 300_000 });
  }

  private async loggedIn() {
    this.login ??= this.logIn();
    try {
      return await this.login;
    } catch (error) {
      this.login = undefined;
      throw error;
    }
  }

  private async logIn(): Promise<{ token: string; endpoint: string }> {
    const { authUrl, identity, scope, token: given, imageEndpoint } = this.settings;
    const url = new URL(`${authUrl}/auth/tokens`);
    // A token is used as it is: to make another of it may not be allowed.
    const asIs = given !== undefined && {
      method: 'GET' as const,
      headers: { 'x-auth-token': given, 'x-subject-token': given },
    };
    const anew = {
      method: 'POST' as const,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity, ...(scope && { scope }) } }),
    };
    const answer = await this.reach(url, { headersTimeout: 60_000, ...(asIs || anew) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new CloudError(`${url.host} does not take the credentials (${answer.statusCode})`);
    const parsed = tokenBody.safeParse(jsonOf(text));
    const token = given ?? answer.headers['x-subject-token'];
    if (!parsed.success || typeof token !== 'string')
      throw new CloudError(`${url.href} answered with something else than a token`);
    return { token, endpoint: imageEndpoint ?? this.imageEndpointIn(parsed.data.token.catalog ?? []) };
  }

  private imageEndpointIn(catalog: NonNullable<z.infer<typeof tokenBody>['token']['catalog']>): string {
    const { region, face } = this.settings;
    const found = catalog
      .filter(({ type }) => type === 'image')
      .flatMap(({ endpoints }) => endpoints)
      .find((one) => one.interface === face && (region === undefined || (one.region_id ?? one.region) === region));
    const where = region === undefined ? '' : ` in region ${region}`;
    if (!found) throw new CloudError(`the catalogue has no ${face} image endpoint${where}`);
    return found.url.replace(/\/+(v2(\.\d+)?\/*)?$/, '');
  }

  private async reach(
    url: URL,
    options: Omit<Dispatcher.RequestOptions, 'path' | 'origin'>,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await request(url, { dispatcher: this.agent, ...options });
    } catch (error) {
      if (options.signal instanceof AbortSignal && options.signal.aborted) throw error;
      const reason = error instanceof Error ? error.message || error.name : 'unknown failure';
      throw new Unreachable(`${url.host} cannot be reached: ${reason}`, { cause: error });
    }
  }
}

/** The cloud did not answer; it may later. */
export class Unreachable extends CloudError {}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
