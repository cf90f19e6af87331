import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../apps/vitrine/src/main.js', import.meta.url));

/** `vitrine audit …` as an auditor runs it: with these settings and nothing else of this process's. */
export function runAudit(settings: Readonly<Record<string, string | undefined>>, args: readonly string[], input = '') {
  const env = { PATH: process.env.PATH, ...settings };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'audit', ...args], { env, input });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** A signing key and its public half, as files. */
export function writeSealKey(directory: string): { readonly keyFile: string; readonly publicFile: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [keyFile, publicFile] = [join(directory, 'seal-key.pem'), join(directory, 'seal-public.pem')];
  writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  writeFileSync(publicFile, publicKey.export({ format: 'pem', type: 'spki' }));
  return { keyFile, publicFile };
}
