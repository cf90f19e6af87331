import { stringify } from 'lossless-json';
import { describeDanger, inspectFile, reasonOf, type Inspected } from '#image-data';

const usage = 'usage: vitrine inspect [--json] FILE';

/** Exit codes, for scripts. */
const codes = { safe: 0, unsafe: 1, unreadable: 2 } as const;

/** `vitrine inspect FILE`: what the service would say of a file, without the service. Resolves to the exit code. */
export async function inspect(args: readonly string[]): Promise<number> {
  const [file, ...others] = args.filter((arg) => arg !== '--json');
  if (file === undefined || file.startsWith('--') || others.length > 0) return complain(usage);
  const found = await inspectFile(file).catch((error: unknown) =>
    complain(`vitrine inspect: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`),
  );
  if (typeof found === 'number') return found;
  process.stdout.write(`${args.includes('--json') ? asJson(file, found) : asText(file, found)}\n`);
  return found.dangers.length === 0 ? codes.safe : codes.unsafe;
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return codes.unreadable;
}

function asText(file: string, { format, formats, variant, size, virtualSize, dangers }: Inspected): string {
  const names = formats.length > 1 ? formats.join(' and ') : format;
  const lines = [
    ['format', variant ? `${names} (${variant})` : names],
    ['size', `${size} bytes`],
    ['virtual size', virtualSize === undefined ? 'not told' : `${virtualSize} bytes`],
    ['verdict', dangers.length === 0 ? 'safe' : 'unsafe'],
    ...dangers.map((danger) => ['', describeDanger(danger)]),
  ];
  return [file, ...lines.map(([name, value]) => `  ${name!.padEnd(13)} ${value!}`)].join('\n');
}

/** Sizes are exact JSON numbers up to 2^63 - 1. */
function asJson(file: string, { format, formats, variant, size, virtualSize, dangers }: Inspected): string {
  const reasons = dangers.map((danger) => ({ name: danger, reason: reasonOf(danger) }));
  return stringify({
    ...{ file, format, formats, variant: variant ?? null, size, virtual_size: virtualSize ?? null },
    ...{ safe: dangers.length === 0, dangers: reasons },
  })!;
}
