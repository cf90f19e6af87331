import { hkdfSync } from 'node:crypto';
import type { Delegation } from '../delegation.js';
import { BuiltinIdentity } from './builtin-identity.js';
import { readDirectory } from './open-builtin-identity.js';

const service = 'glance';

/** Read when it is needed: a worker may have been started before the API that makes the directory. */
export class BuiltinDelegation implements Delegation {
  constructor(private readonly dataDir: string) {}

  async sealingKey(): Promise<Buffer> {
    const { signingKey } = await readDirectory(this.dataDir);
    return Buffer.from(hkdfSync('sha256', Buffer.from(signingKey, 'base64'), '', "Vitrine's credentials", 32));
  }

  async serviceToken(): Promise<string> {
    const directory = await readDirectory(this.dataDir);
    const user = directory.users.find(({ name }) => name === service)!;
    return new BuiltinIdentity(directory).issue(user, undefined)!.token;
  }
}
