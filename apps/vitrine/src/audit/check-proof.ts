import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { checkProof, type InclusionProof } from '#event-store';
import { InputError, orInputError, parseInput, readPublicKeys, usage } from './input.js';

/** `vitrine audit check-proof FILE`: 0 when it proves its event to those who trust the keys; needs nothing but both files. */
export async function checkProofFile(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseInput(args, { 'public-key': { type: 'string' } });
  const [file, ...others] = positionals;
  const { 'public-key': keyFile } = values;
  if (file === undefined || keyFile === undefined || others.length > 0) throw new InputError(usage);
  const keys = await readPublicKeys(keyFile);
  const value = await orInputError(`${file} cannot be read`, async () => {
    const text = file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
    return JSON.parse(text) as unknown;
  });
  const checked = checkProof(value, keys);
  process.stdout.write('problem' in checked ? `not proven: ${checked.problem}\n` : told(checked.proof));
  return 'problem' in checked ? 1 : 0;
}

/** What is proven, for a person. */
function told({ event, position, checkpoint }: InclusionProof): string {
  const { type, stream_id: stream, recorded_at: time, actor, request_id: request, payload } = event;
  return [
    `proven: position ${position} of the log is the event`,
    ...Object.entries({ type, stream, time, actor, request, payload }).map(
      ([name, value]) => `  ${name.padEnd(8)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    `in the segment ${checkpoint.first} to ${checkpoint.last}, which was sealed at ${checkpoint.time}`,
    `with the key ${checkpoint.key}\n`,
  ].join('\n');
}
