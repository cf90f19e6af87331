import { randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scryptAsync = promisify<string, Buffer, number, Buffer>(scrypt);
const hashLength = 32;

export interface Project {
  readonly id: string;
  readonly name: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly roles: readonly string[];
  /** scrypt with Node's defaults (N = 16384, r = 8, p = 1), base64 */
  readonly salt: string;
  readonly passwordHash: string;
}

/** Everything that the built-in identity knows; kept in `identity.json`. */
export interface Directory {
  /** base64; signs tokens */
  readonly signingKey: string;
  readonly projects: readonly Project[];
  readonly users: readonly User[];
}

/** User, its project, its role with the implied ones. */
const cast = [
  ['admin', 'admin', ['admin', 'member', 'reader']],
  ['alice', 'alpha', ['member', 'reader']],
  ['rita', 'alpha', ['reader']],
  ['bob', 'beta', ['member', 'reader']],
  ['glance', 'service', ['service']],
] as const;

const newId = () => randomUUID().replaceAll('-', '');

/** A directory of the usual cast with random passwords, which are nowhere but in the second value. */
export async function createDirectory(): Promise<{ directory: Directory; passwords: Record<string, string> }> {
  const projects = [...new Set(cast.map(([, project]) => project))].map((name) => ({ id: newId(), name }));
  const passwords = Object.fromEntries(cast.map(([name]) => [name, randomBytes(18).toString('base64url')]));
  const users = await Promise.all(
    cast.map(async ([name, project, roles]) => ({
      id: newId(),
      name,
      projectId: projects.find((one) => one.name === project)!.id,
      roles,
      ...(await hashPassword(passwords[name]!)),
    })),
  );
  return { directory: { signingKey: randomBytes(32).toString('base64'), projects, users }, passwords };
}

/** The same people with new passwords. */
export async function renewPasswords(
  directory: Directory,
): Promise<{ directory: Directory; passwords: Record<string, string> }> {
  const passwords = Object.fromEntries(
    directory.users.map(({ name }) => [name, randomBytes(18).toString('base64url')]),
  );
  const users = await Promise.all(
    directory.users.map(async (user) => ({ ...user, ...(await hashPassword(passwords[user.name]!)) })),
  );
  return { directory: { ...directory, users }, passwords };
}

async function hashPassword(password: string): Promise<Pick<User, 'salt' | 'passwordHash'>> {
  const salt = randomBytes(16);
  const hash = await scryptAsync(password, salt, hashLength);
  return { salt: salt.toString('base64'), passwordHash: hash.toString('base64') };
}

const nobody = { salt: randomBytes(16).toString('base64'), passwordHash: randomBytes(hashLength).toString('base64') };

/** Takes as long for a user that does not exist. */
export async function passwordMatches(user: User | undefined, password: string): Promise<boolean> {
  const { salt, passwordHash } = user ?? nobody;
  const hash = await scryptAsync(password, Buffer.from(salt, 'base64'), hashLength);
  return timingSafeEqual(hash, Buffer.from(passwordHash, 'base64')) && user !== undefined;
}
