import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { keyOf } from './checkpoint.js';
import { readOrMakeSigningKey, readSigningKey } from './signing-key.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vitrine-key-'));
  file = join(directory, 'data', 'seal-key.pem');
});
afterEach(() => rmSync(directory, { recursive: true }));
const idOf = async (key: ReturnType<typeof readSigningKey>) => keyOf(createPublicKey(await key));

it('is made once for its owner alone, whoever else makes it at the same time, and stays', async () => {
  const made = await Promise.all(Array.from({ length: 5 }, () => idOf(readOrMakeSigningKey(file))));
  expect(new Set([...made, await idOf(readSigningKey(file))]).size).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(directory, 'data'))).toEqual(['seal-key.pem']);
});

it('that openssl made is read', async () => {
  const own = join(directory, 'own.pem');
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', own]);
  chmodSync(own, 0o640);
  const pem = execFileSync('openssl', ['pkey', '-in', own, '-pubout']);
  expect(await idOf(readSigningKey(own))).toBe(keyOf(createPublicKey(pem)));
});

it('that others could read or write is refused', async () => {
  await readOrMakeSigningKey(file);
  for (const mode of [0o604, 0o602, 0o620]) {
    chmodSync(file, mode);
    await expect(readOrMakeSigningKey(file)).rejects.toThrow(/open to others: chmod 600/);
  }
});

it('that is missing, or no Ed25519 key, is refused by name', async () => {
  await expect(readSigningKey(file)).rejects.toThrow(/seal-key.pem cannot be read: make one by openssl/);
  const wrong = join(directory, 'wrong.pem');
  writeFileSync(wrong, 'nonsense', { mode: 0o600 });
  await expect(readOrMakeSigningKey(wrong)).rejects.toThrow(/no Ed25519 private key/);
});
