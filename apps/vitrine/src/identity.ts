import { assertLoopback, openBuiltinIdentity, type BuiltinIdentity, type IdentityProvider } from '#identity';
import type { RunningConfig } from '#platform';

/** Whoever checks tokens in this process, and what a person should know of it. */
export interface RunningIdentity {
  readonly provider: IdentityProvider;
  /** named in WWW-Authenticate */
  readonly authUrl: () => string;
  /** only of the built-in one: the Keystone that this process serves itself */
  readonly builtin?: {
    readonly identity: BuiltinIdentity;
    readonly cloudsPath: string;
    publish(publicUrl: string): Promise<void>;
  };
}

export async function openIdentity(config: RunningConfig): Promise<RunningIdentity> {
  if (config.identity === 'keystone') {
    throw new Error('VITRINE_IDENTITY=keystone is not part of this release yet: use builtin');
  }
  assertLoopback(config.host, config.identityAllowRemote);
  const opened = await openBuiltinIdentity(config.dataDir);
  let publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
  return {
    provider: opened.identity,
    authUrl: () => `${publicUrl}/identity/v3`,
    builtin: {
      ...opened,
      publish: async (url) => {
        publicUrl = url;
        await opened.publish(url);
      },
    },
  };
}
