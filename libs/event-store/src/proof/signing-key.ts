import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { keyOf } from './checkpoint.js';

/** Others must not read it, and the group must not write it; a group may read it, as secrets of containers are mounted. */
const tooOpen = 0o027;

/** The sealers' Ed25519 key, PKCS#8 in PEM. @throws Error that says how to make one, or what is wrong with it */
export async function readSigningKey(file: string): Promise<KeyObject> {
  const { mode } = await stat(file).catch((error: unknown) => {
    throw new Error(
      `the signing key ${file} cannot be read: make one by openssl genpkey -algorithm ed25519 -out FILE`,
      {
        cause: error,
      },
    );
  });
  if (mode & tooOpen) throw new Error(`the signing key ${file} is open to others: chmod 600 it`);
  const pem = await readFile(file, 'utf8');
  try {
    const key = createPrivateKey(pem);
    keyOf(createPublicKey(key));
    return key;
  } catch (error) {
    throw new Error(`the signing key ${file} is no Ed25519 private key in PEM (PKCS#8)`, { cause: error });
  }
}

/** The key of an installation that has one process: made when it is not there yet. */
export async function readOrMakeSigningKey(file: string): Promise<KeyObject> {
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) await makeSigningKey(file);
  return readSigningKey(file);
}

/** Whole or not at all, and never over another one. */
async function makeSigningKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    await handle.writeFile(pem);
    await handle.sync();
    await link(unfinished, file).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  } finally {
    await handle.close();
    await rm(unfinished, { force: true });
  }
}
