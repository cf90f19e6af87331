import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Delegation } from '../delegation.js';
import { KeystoneApi, type KeystoneAccount } from './keystone-api.js';
import { ServiceAccount } from './service-account.js';

const derive = promisify<string, string, number, Buffer>(scrypt);

/** The service account's: its password is what the processes share. */
export class KeystoneDelegation implements Delegation {
  private readonly service: ServiceAccount;
  private key: Promise<Buffer> | undefined;

  constructor(private readonly account: KeystoneAccount) {
    this.service = new ServiceAccount(new KeystoneApi(account));
  }

  /** By scrypt: what is sealed must not be of help in guessing the password. */
  sealingKey(): Promise<Buffer> {
    const { username, projectName, password } = this.account;
    this.key ??= derive(password, `Vitrine's credentials, ${username} of ${projectName}`, 32);
    return this.key;
  }

  serviceToken(): Promise<string> {
    return this.service.token();
  }
}
