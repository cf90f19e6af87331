import { parseArgs } from 'node:util';
import { readConfig } from '#config';
import { Database, verifyLog } from '#event-store';
import { runningDatabaseUrl } from './database.js';

const usage = 'usage: vitrine audit verify [--from POSITION]';

/** `vitrine audit verify`: 0 when the log is whole, 1 with the first bad position when it is not. */
export async function audit(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const { values, positionals } = readArgs(args);
  const from = values.from ?? '1';
  if (positionals.join(' ') !== 'verify' || !/^[1-9]\d{0,17}$/.test(from)) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const database = new Database({ url: await runningDatabaseUrl(readConfig(env)), applicationName: 'vitrine audit' });
  const started = performance.now();
  try {
    const { checked, head, fault } = await verifyLog(database, { from: BigInt(from) });
    const seconds = (performance.now() - started) / 1000;
    const speed = `${checked} events in ${seconds.toFixed(1)} s, ${Math.round(Number(checked) / seconds)} events/s`;
    if (fault) {
      process.stdout.write(`position ${fault.position}: ${fault.problem}\n${speed}\n`);
      return 1;
    }
    process.stdout.write(`the chain is whole up to position ${head.position}, hash ${head.hash}\n${speed}\n`);
    return 0;
  } finally {
    await database.close();
  }
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { from: { type: 'string' } }, allowPositionals: true });
  } catch {
    return { values: { from: undefined }, positionals: [] };
  }
}
