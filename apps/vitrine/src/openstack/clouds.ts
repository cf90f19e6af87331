import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

type Env = Readonly<Record<string, string | undefined>>;

/** What a person has to say before anything can be asked of a cloud. */
export class CloudError extends Error {}

/** A cloud as clouds.yaml or OS_* variables describe it (openstacksdk, "Configuring OpenStack SDK Applications"). */
export interface CloudSettings {
  /** Keystone v3, with /v3 */
  readonly authUrl: string;
  /** what stands under auth.identity */
  readonly identity: object;
  readonly scope: object | undefined;
  /** instead of a login; then it cannot be renewed */
  readonly token: string | undefined;
  readonly region: string | undefined;
  readonly face: string;
  /** instead of what the catalogue has */
  readonly imageEndpoint: string | undefined;
  /** path of certificates that are trusted */
  readonly cacert: string | undefined;
  readonly verify: boolean;
}

const text = z.union([z.string(), z.number().transform(String)]).optional();
const auth = z.looseObject({
  ...{ auth_url: text, token: text, username: text, user_id: text, password: text },
  ...{ user_domain_name: text, user_domain_id: text, project_domain_name: text, project_domain_id: text },
  ...{ domain_id: text, domain_name: text, default_domain: text },
  ...{ project_name: text, project_id: text, tenant_name: text, tenant_id: text },
  ...{ application_credential_id: text, application_credential_name: text, application_credential_secret: text },
});
const cloud = z.looseObject({
  auth: auth.optional(),
  ...{ auth_type: text, region_name: text, interface: text, endpoint_type: text, cacert: text },
  image_endpoint_override: text,
  verify: z.boolean().optional(),
});
type Cloud = z.infer<typeof cloud>;

/**
 * The cloud of that name (or of OS_CLOUD) from clouds.yaml and secure.yaml; without one what OS_* variables say; without
 * those the only cloud of the file. @throws CloudError
 */
export function readCloud(all: Env, named: string | undefined, directory = process.cwd()): CloudSettings {
  // A variable that is empty says nothing.
  const env: Env = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  const name = named ?? env.OS_CLOUD;
  if (name === undefined && (env.OS_AUTH_URL ?? env.OS_TOKEN) !== undefined) return settingsOf(fromVariables(env), env);
  const places = [directory, join(env.HOME ?? homedir(), '.config', 'openstack'), '/etc/openstack'];
  const clouds = cloudsIn(fileOf(env.OS_CLIENT_CONFIG_FILE, places, 'clouds'));
  const secrets = cloudsIn(fileOf(env.OS_CLIENT_SECURE_FILE, places, 'secure'));
  const known = Object.keys(clouds);
  const chosen = name ?? (known.length === 1 ? known[0]! : undefined);
  if (chosen === undefined) {
    const there = known.length > 0 ? `: there are ${known.join(', ')}` : ', or set OS_AUTH_URL and the rest';
    throw new CloudError(`say which cloud by --os-cloud or OS_CLOUD${there}`);
  }
  if (!Object.hasOwn(clouds, chosen)) {
    throw new CloudError(`there is no cloud ${chosen} in clouds.yaml; there are: ${known.join(', ') || 'none'}`);
  }
  const result = cloud.safeParse(merged(clouds[chosen], secrets[chosen]));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new CloudError(`cloud ${chosen} cannot be used: ${issue!.path.join('.')}: ${issue!.message}`);
  }
  return settingsOf(result.data, env);
}

function fileOf(given: string | undefined, places: readonly string[], name: string): string | undefined {
  if (given !== undefined && existsSync(given)) return given;
  const files = places.flatMap((place) =>
    ['yaml', 'yml', 'json'].map((extension) => join(place, `${name}.${extension}`)),
  );
  return files.find((file) => existsSync(file));
}

function cloudsIn(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    const { clouds } = z
      .looseObject({ clouds: z.record(z.string(), z.unknown()).optional() })
      .parse(parse(readFileSync(file, 'utf8')) ?? {});
    return clouds ?? {};
  } catch (error) {
    // What is wrong is told by place only: the lines around it hold passwords.
    const at = error instanceof Error && 'linePos' in error ? error.linePos : undefined;
    const [position] = Array.isArray(at) ? (at as { line: number }[]) : [];
    throw new CloudError(`${file} cannot be read${position ? `: line ${position.line} is no YAML` : ''}`, {
      cause: error,
    });
  }
}

/** Secrets into what is public of a cloud. */
function merged(open: unknown, secret: unknown): unknown {
  if (!isObject(open) || !isObject(secret)) return secret ?? open;
  const names = new Set([...Object.keys(open), ...Object.keys(secret)]);
  return Object.fromEntries([...names].map((name) => [name, merged(open[name], secret[name])]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fromVariables(env: Env): Cloud {
  const names = Object.keys(auth.shape);
  const said = names.map((name) => [name, env[`OS_${name.toUpperCase()}`]]).filter(([, value]) => value);
  return {
    auth: Object.fromEntries(said) as Cloud['auth'],
    ...{
      auth_type: env.OS_AUTH_TYPE,
      region_name: env.OS_REGION_NAME,
      interface: env.OS_INTERFACE,
      cacert: env.OS_CACERT,
    },
    image_endpoint_override: env.OS_IMAGE_ENDPOINT_OVERRIDE,
    verify: env.OS_INSECURE ? !/^(1|true|yes)$/i.test(env.OS_INSECURE) : undefined,
  };
}

function settingsOf({ auth: is = {}, ...rest }: Cloud, env: Env): CloudSettings {
  if (!is.auth_url || !/^https?:\/\//.test(is.auth_url) || !URL.canParse(is.auth_url)) {
    throw new CloudError('there is no auth_url (OS_AUTH_URL) of Keystone');
  }
  const face = (rest.interface ?? rest.endpoint_type ?? env.OS_INTERFACE ?? 'public').replace(/URL$/, '');
  return {
    authUrl: is.auth_url.replace(/(\/v3)?\/*$/, '/v3'),
    ...loginOf(is, rest.auth_type),
    region: rest.region_name ?? env.OS_REGION_NAME,
    ...{ face, imageEndpoint: rest.image_endpoint_override, cacert: rest.cacert, verify: rest.verify ?? true },
  };
}

function loginOf(
  is: z.infer<typeof auth>,
  type: string | undefined,
): Pick<CloudSettings, 'identity' | 'scope' | 'token'> {
  const {
    application_credential_id: id,
    application_credential_secret: secret,
    application_credential_name: name,
  } = is;
  const user = named(is.user_id, is.username, domainOf(is.user_domain_id ?? is.domain_id, is.user_domain_name, is));
  if (secret !== undefined && (id ?? name) !== undefined) {
    const credential = id === undefined ? { name, user, secret } : { id, secret };
    const identity = { methods: ['application_credential'], application_credential: credential };
    return { identity, scope: undefined, token: undefined };
  }
  const project = named(
    is.project_id ?? is.tenant_id,
    is.project_name ?? is.tenant_name,
    domainOf(is.project_domain_id, is.project_domain_name, is),
  );
  const scope = project && { project };
  const isToken = (type ?? '').endsWith('token') || is.password === undefined;
  if (is.token !== undefined && isToken) {
    return { identity: { methods: ['token'], token: { id: is.token } }, scope, token: is.token };
  }
  if (!user || is.password === undefined) {
    throw new CloudError('there are no credentials: a user with a password, an application credential, or a token');
  }
  const identity = { methods: ['password'], password: { user: { ...user, password: is.password } } };
  return { identity, scope, token: undefined };
}

const named = (id: string | undefined, name: string | undefined, domain: object) =>
  id !== undefined ? { id } : name !== undefined ? { name, domain } : undefined;

function domainOf(id: string | undefined, name: string | undefined, is: z.infer<typeof auth>): object {
  return id !== undefined ? { id } : name !== undefined ? { name } : { id: is.default_domain ?? 'default' };
}
