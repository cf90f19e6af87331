import { readFile } from 'node:fs/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { parsePublicKeys } from '#event-store';

export const usage = `usage: vitrine audit verify [--from POSITION] [--public-key FILE] [--checkpoints DIR|FILE|S3-URL] [--export DIR]
       vitrine audit export DIR [--from POSITION] [--to POSITION]
       vitrine audit check-proof FILE --public-key FILE
       vitrine audit key [--make]`;

/** What was given cannot be used; nothing is said of the log. */
export class InputError extends Error {}

/** @throws InputError */
export function parseInput<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    throw new InputError(usage);
  }
}

/** @throws InputError */
export function parsePosition(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InputError(usage);
  return BigInt(text);
}

/** @throws InputError */
export async function readPublicKeys(file: string): Promise<ReadonlySet<string>> {
  return orInputError(`${file} cannot be used as --public-key`, async () =>
    parsePublicKeys(await readFile(file, 'utf8')),
  );
}

/** @throws InputError when the work fails */
export async function orInputError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new InputError(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
