import { readConfig } from '#config';
import { Database, exportLog } from '#event-store';
import { InputError, orInputError, parseInput, parsePosition, usage } from './input.js';
import { runningDatabaseUrl } from '../database.js';

const text = { type: 'string' } as const;

/** `vitrine audit export DIR`: the log, or a part of it, as files that `audit verify --export` checks anywhere. */
export async function auditExport(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const { values, positionals } = parseInput(args, { from: text, to: text });
  const [directory, ...others] = positionals;
  const [from, to] = [parsePosition(values.from), parsePosition(values.to)];
  if (directory === undefined || others.length > 0) throw new InputError(usage);
  const database = new Database({ url: await runningDatabaseUrl(readConfig(env)), applicationName: 'vitrine audit' });
  try {
    const { first, last, segments } = await orInputError('nothing was exported', () =>
      exportLog(database, { directory, from, to }),
    );
    process.stdout.write(`exported positions ${first} to ${last} in ${segments.length} files\n`);
    return 0;
  } finally {
    await database.close();
  }
}
