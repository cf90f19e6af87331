import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuiltinIdentity } from './builtin-identity.js';
import { createDirectory, renewPasswords, type Directory } from './directory.js';

export interface OpenedIdentity {
  readonly identity: BuiltinIdentity;
  readonly cloudsPath: string;
  /** Tells the address at which the service is now, in the catalogue and in clouds.yaml; the passwords stay. */
  publish(publicUrl: string): Promise<void>;
}

const passwordLine = /^ {2}(\S+):\n(?: {4}.*\n)*? {6}password: (\S+)\n/gm;

/**
 * Makes the users at the first start and finds them again at the next. Passwords lie in `<data dir>/clouds.yaml` only; a
 * file that was deleted means new ones for everybody.
 */
export async function openBuiltinIdentity(dataDir: string): Promise<OpenedIdentity> {
  await mkdir(dataDir, { recursive: true });
  const directoryPath = join(dataDir, 'identity.json');
  const cloudsPath = join(dataDir, 'clouds.yaml');
  const stored = await readOptional(directoryPath);
  const known = passwordsIn((await readOptional(cloudsPath)) ?? '');

  let directory = stored === undefined ? undefined : parse(stored, directoryPath);
  let passwords = known;
  if (!directory || directory.users.some(({ name }) => known[name] === undefined)) {
    ({ directory, passwords } = await (directory ? renewPasswords(directory) : createDirectory()));
    await writePrivate(directoryPath, JSON.stringify(directory, null, 2));
    await writePrivate(cloudsPath, cloudsYaml(directory, passwords, 'http://127.0.0.1:9292'));
  }
  const made = directory;
  const identity = new BuiltinIdentity(made);
  return {
    identity,
    cloudsPath,
    publish: async (publicUrl) => {
      identity.publish(publicUrl);
      await writePrivate(cloudsPath, cloudsYaml(made, passwords, publicUrl));
    },
  };
}

/** As some process of the installation has made it. @throws Error before that */
export async function readDirectory(dataDir: string): Promise<Directory> {
  const path = join(dataDir, 'identity.json');
  const stored = await readOptional(path);
  if (stored === undefined) throw new Error(`there is no ${path}: VITRINE_DATA_DIR must be that of the API`);
  return parse(stored, path);
}

function parse(stored: string, path: string): Directory {
  try {
    return JSON.parse(stored) as Directory;
  } catch (error) {
    const advice = 'restore it from a backup (without it all users and projects get new ids)';
    throw new Error(`${path} is damaged: ${advice}`, { cause: error });
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Never half-written, never readable by others. */
async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

function passwordsIn(clouds: string): Record<string, string> {
  return Object.fromEntries([...clouds.matchAll(passwordLine)].map(([, name, password]) => [name!, password!]));
}

/** One cloud a user, as os-client-config reads it. */
function cloudsYaml({ users, projects }: Directory, passwords: Record<string, string>, publicUrl: string): string {
  const clouds = users.map(
    ({ name, projectId }) => `  ${name}:
    region_name: RegionOne
    identity_api_version: 3
    auth:
      auth_url: ${publicUrl}/identity/v3
      username: ${name}
      password: ${passwords[name]!}
      project_name: ${projects.find(({ id }) => id === projectId)!.name}
      user_domain_name: Default
      project_domain_name: Default
`,
  );
  return `clouds:\n${clouds.join('')}`;
}
