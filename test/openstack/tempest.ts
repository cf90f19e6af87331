import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OpenStackCloud } from './openstack-cloud.js';

const run = promisify(execFile);
const reader = fileURLToPath(new URL('../../../test/openstack/tempest-results.py', import.meta.url));

/** One test of Tempest: `success`, `fail`, `skip`, or subunit's rarer words. */
export interface TempestResult {
  readonly id: string;
  readonly status: string;
  /** the last line of the traceback, or why it was skipped */
  readonly reason: string;
}

export interface TempestOptions {
  readonly directory: string;
  /** where an image can be downloaded from */
  readonly imageUrl: string;
  /** which tests, a regular expression */
  readonly tests: string;
}

/** Runs tests of Tempest, as Debian has it, against a cloud; its users and projects it makes itself. */
export async function runTempest(cloud: OpenStackCloud, options: TempestOptions): Promise<TempestResult[]> {
  const { directory } = options;
  for (const folder of ['home', 'lock']) mkdirSync(join(directory, folder), { recursive: true });
  const env = { PATH: process.env.PATH, HOME: join(directory, 'home'), LANG: 'C.UTF-8', PYTHONWARNINGS: 'ignore' };
  const workspaces = ['--workspace-path', join(directory, 'workspaces.yaml')];
  await run('tempest', ['init', ...workspaces, 'workspace'], { cwd: directory, env });
  const workspace = join(directory, 'workspace');
  const configuration = join(workspace, 'etc', 'tempest.conf');
  writeFileSync(configuration, configurationOf(cloud, options, await offers(cloud)));

  const output = openSync(join(directory, 'tempest.out'), 'w');
  const which = ['--regex', options.tests, '--concurrency', '2'];
  const tempest = spawn('tempest', ['run', ...workspaces, '--config-file', configuration, ...which], {
    cwd: workspace,
    env,
    stdio: ['ignore', output, output],
  });
  await once(tempest, 'exit');
  const last = join(directory, 'last.subunit');
  const stestr = spawn('stestr', ['last', '--subunit'], {
    cwd: workspace,
    env,
    stdio: ['ignore', openSync(last, 'w')],
  });
  await once(stestr, 'exit');
  const { stdout } = await run('/usr/bin/python3', [reader, last], { env, maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as TempestResult[];
}

/** Tests of what a service may leave out are run when it has it. */
async function offers(cloud: OpenStackCloud): Promise<{ caching: boolean; locations: boolean }> {
  const admin = cloud.as('admin');
  const caching = (await admin.get('/v2/cache')).status === 200;
  const probe = await admin.createImage({ name: 'probe' });
  await admin.delete(`/v2/images/${probe.id}`);
  return { caching, locations: 'locations' in probe };
}

function configurationOf(
  { keystone: { url, people }, region }: OpenStackCloud,
  { directory, imageUrl }: TempestOptions,
  { caching, locations }: { readonly caching: boolean; readonly locations: boolean },
): string {
  const sections = {
    DEFAULT: { log_file: join(directory, 'tempest.log'), debug: true },
    oslo_concurrency: { lock_path: join(directory, 'lock') },
    auth: {
      ...{ use_dynamic_credentials: true, create_isolated_networks: false, tempest_roles: 'member' },
      ...{ admin_username: people.admin.username, admin_password: people.admin.password },
      ...{ admin_project_name: people.admin.projectName, admin_domain_name: 'Default' },
    },
    identity: {
      ...{ uri_v3: url, auth_version: 'v3', v3_endpoint_type: 'public', region },
      ...{ admin_role: 'admin', default_domain_id: 'default' },
    },
    'identity-feature-enabled': { api_v2: false, api_v3: true },
    service_available: { glance: true, nova: false, neutron: false, cinder: false, swift: false, horizon: false },
    enforce_scope: { glance: true },
    image: {
      ...{ catalog_type: 'image', region, endpoint_type: 'public', build_timeout: 60, build_interval: 1 },
      ...{ http_image: imageUrl, alternate_image_endpoint: 'image_remote', image_caching_enabled: caching },
    },
    'image-feature-enabled': {
      ...{ api_v2: true, import_image: true, os_glance_reserved: true, manage_locations: locations },
    },
    'network-feature-enabled': { ipv6: false },
  };
  const lines = Object.entries(sections).flatMap(([section, settings]) => [
    `[${section}]`,
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}
