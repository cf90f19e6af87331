import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { signToken } from '../../libs/identity/src/builtin/token.js';
import type { KeystoneIdentityOptions, Directory } from '#identity';
import { startCloud, type Cloud, type User } from './cloud.js';
import { FaultyProxy, type Fault } from './faulty-proxy.js';

/** A Keystone whose line can fail: Vitrine's built-in identity as another process serves it, behind a proxy. */
export class FaultyKeystone {
  /** Asked for each request to Keystone. */
  fault: (request: IncomingMessage) => Fault = () => 'pass';
  private constructor(
    readonly cloud: Cloud,
    private readonly url: string,
    private proxy?: FaultyProxy,
  ) {}

  static async start(): Promise<FaultyKeystone> {
    const { cloud, url } = await startCloud();
    const keystone = new FaultyKeystone(cloud, url);
    keystone.proxy = await FaultyProxy.start(new URL(url), (request) => keystone.fault(request));
    return keystone;
  }

  /** What a service needs to know of it: user glance, who has the role service. */
  get account(): KeystoneIdentityOptions {
    return {
      authUrl: `http://127.0.0.1:${this.proxy!.port}/identity/v3`,
      username: 'glance',
      password: this.cloud.password('glance'),
      projectName: 'service',
      userDomainName: 'Default',
      projectDomainName: 'Default',
      timeoutSeconds: 10,
      tokenCacheSeconds: 300,
    };
  }

  /** Requests since the last reset: logins (POST) and questions about tokens (GET). */
  get logins(): number {
    return this.proxy!.seen.filter((line) => line.startsWith('POST ')).length;
  }
  get questions(): number {
    return this.proxy!.seen.filter((line) => line.startsWith('GET ')).length;
  }
  reset(): void {
    this.fault = () => 'pass';
    this.proxy!.seen.length = 0;
  }

  async login(user: User): Promise<string> {
    return (await this.cloud.as(user, this.url)).token!;
  }

  async revoke(token: string): Promise<void> {
    const answer = await fetch(`${this.url}/identity/v3/auth/tokens`, {
      method: 'DELETE',
      headers: { 'x-auth-token': token, 'x-subject-token': token },
    });
    if (answer.status !== 204) throw new Error(`revoking was answered ${answer.status}`);
  }

  /** A token of the user as Keystone would have given it, so that it ends when the spec needs it. */
  tokenEnding(user: User, inSeconds: number): string {
    const stored = readFileSync(join(this.cloud.directory, 'identity.json'), 'utf8');
    const { signingKey, users } = JSON.parse(stored) as Directory;
    const { id, projectId: project } = users.find(({ name }) => name === user)!;
    const now = Math.floor(Date.now() / 1000);
    const claims = { user: id, project, issued: now - 3600, expires: now + inSeconds, audit: `made-${Math.random()}` };
    return signToken(claims, Buffer.from(signingKey, 'base64'));
  }

  async stop(): Promise<void> {
    await this.proxy?.stop();
    await this.cloud.remove();
  }
}
