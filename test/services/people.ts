import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from './client.js';
import type { Cloud } from './cloud.js';

/** User id → project and roles; the project's id is its name. */
export type People = Readonly<Record<string, readonly [project: string, ...roles: string[]]>>;

/** Makes these the users of a cloud's built-in identity, before anything of it runs; who is not named has his id for a name. */
export function settle(cloud: Cloud, people: People, names: Readonly<Record<string, string>> = {}): void {
  const projects = [...new Set(Object.values(people).map(([project]) => project))];
  const users = Object.entries(people).map(([id, [projectId, ...roles]]) => {
    return { id, name: names[id] ?? id, projectId, roles, salt: '', passwordHash: '' };
  });
  const signingKey = Buffer.from(randomUUID()).toString('base64');
  const directory = { signingKey, projects: projects.map((name) => ({ id: name, name })), users };
  writeFileSync(join(cloud.directory, 'identity.json'), JSON.stringify(directory));
}

/** A client of each. */
export async function clientsOf<Name extends string>(
  cloud: Cloud,
  people: Readonly<Record<Name, unknown>>,
  url: string,
): Promise<Record<Name, Client>> {
  const named = Object.keys(people).map(async (name) => [name, await cloud.as(name, url)] as const);
  return Object.fromEntries(await Promise.all(named)) as Record<Name, Client>;
}
