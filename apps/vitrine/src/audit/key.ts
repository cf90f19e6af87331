import { createPublicKey } from 'node:crypto';
import { readConfig } from '#config';
import { keyOf, publicPem, readOrMakeSigningKey, readSigningKey } from '#event-store';
import { InputError, orInputError, parseInput, usage } from './input.js';

/** `vitrine audit key`: the public half of this machine's signing key, which `--make` makes where there is none. */
export async function auditKey(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const { values, positionals } = parseInput(args, { make: { type: 'boolean' } });
  if (positionals.length > 0) throw new InputError(usage);
  const { keyFile } = readConfig(env).seal;
  if (keyFile === undefined) throw new InputError('nothing is sealed here: VITRINE_SEAL_KEY_FILE is not set');
  const key = await orInputError('no key', () =>
    values.make ? readOrMakeSigningKey(keyFile) : readSigningKey(keyFile),
  );
  process.stdout.write(publicPem(keyOf(createPublicKey(key))));
  return 0;
}
