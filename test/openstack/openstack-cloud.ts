import { join } from 'node:path';
import { Client } from '../services/client.js';
import { Cloud, type User } from '../services/cloud.js';
import type { Settings } from '../services/vitrine.js';
import { KeystoneAdmin, logIn } from './keystone-admin.js';
import type { Person } from './people.js';
import { keystoneOfRun, type KeystoneOfRun } from './run.js';

/** How a service logs in at this Keystone. */
export const serviceAccount = ({ people }: KeystoneOfRun, authUrl: string): Settings => ({
  VITRINE_IDENTITY: 'keystone',
  OS_AUTH_URL: authUrl,
  OS_USERNAME: people.glance.username,
  OS_PASSWORD: people.glance.password,
  OS_PROJECT_NAME: people.glance.projectName,
});

/**
 * A Vitrine with two stores, and one on the web, in a real OpenStack: Keystone vouches for its callers, and clients find
 * it in the catalogue of its region.
 */
export class OpenStackCloud {
  private constructor(
    readonly cloud: Cloud,
    readonly url: string,
    readonly region: string,
    readonly keystone: KeystoneOfRun,
    private readonly clients: Record<User, Client>,
  ) {}

  static async start(region: string, settings: Settings = {}): Promise<OpenStackCloud> {
    const keystone = keystoneOfRun();
    const cloud = await Cloud.create({ ...serviceAccount(keystone, keystone.url), ...settings });
    try {
      const files = ['one', 'two'].map((name) => `${name}=file:${join(cloud.directory, name)}`);
      const stores = [...files, 'web=http:'].join(',');
      const url = await cloud.run('start', { VITRINE_STORES: stores }).ready();
      // Another process of the same installation, as a cloud with several controllers has them.
      const remoteUrl = await cloud.run('api', { VITRINE_STORES: stores }).ready();
      const admin = await KeystoneAdmin.connect(keystone.url, keystone.people.admin.password);
      await admin.region(region, { image: url, image_remote: remoteUrl });
      const people = Object.values(keystone.people);
      const clients = await Promise.all(people.map((person) => clientOf(person, url, keystone.url)));
      const named = Object.fromEntries(people.map(({ username }, index) => [username, clients[index]!]));
      return new OpenStackCloud(cloud, url, region, keystone, named as Record<User, Client>);
    } catch (error) {
      await cloud.remove();
      throw error;
    }
  }

  /** A user's plain client of the API. */
  as(user: User): Client {
    return this.clients[user];
  }

  person(user: User): Person {
    return this.keystone.people[user];
  }

  stop(): Promise<void> {
    return this.cloud.remove();
  }
}

export async function clientOf(person: Person, url: string, authUrl: string): Promise<Client> {
  return new Client(url, await logIn(authUrl, person), person.projectId, person.userId);
}
