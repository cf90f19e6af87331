import { randomBytes } from 'node:crypto';
import type { User } from '../services/cloud.js';
import type { KeystoneAdmin } from './keystone-admin.js';

export interface Person {
  readonly username: User;
  readonly password: string;
  readonly userId: string;
  readonly projectName: string;
  readonly projectId: string;
}

/** The cast of the built-in identity, and its roles. */
const cast = [
  ['admin', 'admin', ['admin']],
  ['alice', 'alpha', ['member']],
  ['rita', 'alpha', ['reader']],
  ['bob', 'beta', ['member']],
  ['glance', 'service', ['service', 'admin']],
] as const;

/** Makes them in a Keystone that has only admin. */
export async function settle(keystone: KeystoneAdmin, adminPassword: string): Promise<Record<User, Person>> {
  const people: Partial<Record<User, Person>> = {};
  for (const [username, projectName, roles] of cast) {
    const password = username === 'admin' ? adminPassword : randomBytes(12).toString('hex');
    const [user, project] = [await keystone.user(username, password), await keystone.project(projectName)];
    for (const role of roles) await keystone.grant(role, user, project);
    people[username] = { username, password, userId: user.id, projectName, projectId: project.id };
  }
  return people as Record<User, Person>;
}
