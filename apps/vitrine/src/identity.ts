import type { Config } from '#config';
import {
  assertLoopback,
  KeystoneIdentity,
  openBuiltinIdentity,
  type BuiltinIdentity,
  type IdentityProvider,
} from '#identity';
import type { Logger, RunningConfig } from '#platform';

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

export async function openIdentity(config: RunningConfig, logger: Logger): Promise<RunningIdentity> {
  if (config.keystone) return useKeystone(config.keystone, logger);
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

/** Keystone may come up later than this process: requests are answered 503 until it does. */
function useKeystone(keystone: NonNullable<Config['keystone']>, logger: Logger): RunningIdentity {
  const url = keystone.authUrl;
  const provider = new KeystoneIdentity({
    ...keystone,
    onChange: (reason) => {
      if (reason === undefined) logger.info({ url }, 'Keystone answers');
      else logger.warn({ url, reason }, 'Keystone cannot be used (OS_AUTH_URL)');
    },
  });
  void provider.prepare();
  return { provider, authUrl: () => url };
}
