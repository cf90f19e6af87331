import type { User } from '../services/cloud.js';
import type { KeystoneData } from '../services/keystone.js';
import type { Person } from './people.js';

/** The Keystone of this run. */
export interface KeystoneOfRun {
  readonly data: KeystoneData;
  readonly url: string;
  readonly people: Record<User, Person>;
}

const variable = 'TEST_KEYSTONE';

/** For the specs, which are loaded in processes of their own. */
export function publish(keystone: KeystoneOfRun): void {
  process.env[variable] = JSON.stringify(keystone);
}

export function keystoneOfRun(): KeystoneOfRun {
  const published = process.env[variable];
  if (!published) throw new Error(`${variable} is not set: run the specs by npm run test:conformance`);
  return JSON.parse(published) as KeystoneOfRun;
}
