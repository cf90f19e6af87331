import { readConfig } from '#config';
import {
  Database,
  OutsideCheckpoints,
  verifyExport,
  verifyLog,
  type SealVerifierOptions,
  type Verification,
} from '#event-store';
import { InputError, orInputError, parseInput, parsePosition, readPublicKeys, usage } from './input.js';
import { runningDatabaseUrl } from '../database.js';
import { outsideCheckpoints } from './outside-checkpoints.js';

const text = { type: 'string' } as const;

/** `vitrine audit verify`: 0 when the log, or an export of it, is whole; 1 with the first bad position when it is not. */
export async function auditVerify(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const input = parseInput(args, { from: text, 'public-key': text, checkpoints: text, export: text });
  const { from: fromText, 'public-key': keyFile, checkpoints, export: directory } = input.values;
  const from = parsePosition(fromText);
  if (input.positionals.length > 0 || (from !== undefined && directory !== undefined)) throw new InputError(usage);
  const keys = keyFile === undefined ? undefined : await readPublicKeys(keyFile);
  const outside = checkpoints === undefined ? undefined : await readOutside(checkpoints, keys);
  const started = performance.now();
  const verification =
    directory === undefined
      ? await verifyDatabase(env, from, { keys, outside })
      : await orInputError(`${directory} holds no export`, () => verifyExport(directory, { keys, outside }));
  process.stdout.write(report(verification, (performance.now() - started) / 1000, { keys, outside }));
  return verification.fault ? 1 : 0;
}

function readOutside(place: string, keys: ReadonlySet<string> | undefined): Promise<OutsideCheckpoints> {
  return orInputError('--checkpoints', async () => {
    const outside = new OutsideCheckpoints(await outsideCheckpoints(place), keys);
    // Nothing to compare with would look like nothing wrong.
    if (outside.size === 0) throw new Error('there is no checkpoint in it');
    return outside;
  });
}

async function verifyDatabase(
  env: Readonly<Record<string, string | undefined>>,
  from: bigint | undefined,
  options: SealVerifierOptions,
): Promise<Verification> {
  const database = new Database({ url: await runningDatabaseUrl(readConfig(env)), applicationName: 'vitrine audit' });
  try {
    return await verifyLog(database, { ...options, ...(from !== undefined && { from }) });
  } finally {
    await database.close();
  }
}

function report(
  { checked, head, fault, sealed }: Verification,
  seconds: number,
  { keys, outside }: SealVerifierOptions,
): string {
  const speed = `${checked} events in ${seconds.toFixed(1)} s, ${Math.round(checked / seconds)} events/s`;
  if (fault) return `position ${fault.position}: ${fault.problem}\n${speed}\n`;
  const lines = [`the chain is whole up to position ${head.position}, hash ${head.hash}`];
  if (sealed.checkpoints === 0) lines.push('no checkpoint is in it');
  else {
    lines.push(`sealed up to position ${sealed.upTo} by ${checkpoints(sealed.checkpoints)}`);
    for (const key of sealed.keys) {
      lines.push(`signed with the key ${key}${keys ? '' : ', which was compared with none: give --public-key'}`);
    }
  }
  if (outside) lines.push(`in agreement with ${checkpoints(outside.size)} kept outside`);
  return `${[...lines, speed].join('\n')}\n`;
}

const checkpoints = (count: number) => `${count} checkpoint${count === 1 ? '' : 's'}`;
