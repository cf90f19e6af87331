import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedPostgresOptions } from '#event-store';
import { need } from './debian.js';

const packaged = '/usr/lib/postgresql';

/** A PostgreSQL with its tools, which npm's has not: the one that TEST_POSTGRES_HOME names, or Debian's newest. */
export function systemPostgres(): NonNullable<EmbeddedPostgresOptions['binaries']> {
  const home = process.env.TEST_POSTGRES_HOME ?? newestPackaged();
  const [packageVersion = ''] = /\d+(\.\d+)*/.exec(runTool(home, 'postgres', ['--version'])) ?? [];
  return { home, packageVersion };
}

/** Runs one of its programs to the end; what it wrote. @throws Error with what it wrote on standard error */
export function runTool(home: string, program: string, args: readonly string[], input = ''): string {
  return execFileSync(join(home, 'bin', program), args, { encoding: 'utf8', input, maxBuffer: 2 ** 28, stdio: 'pipe' });
}

function newestPackaged(): string {
  need(`${packaged}/*/bin/initdb`, ['postgresql'], 'TEST_POSTGRES_HOME');
  const complete = readdirSync(packaged).filter((version) =>
    ['postgres', 'initdb', 'pg_dump', 'psql'].every((program) => existsSync(join(packaged, version, 'bin', program))),
  );
  const [newest] = complete.sort((a, b) => Number(b) - Number(a));
  if (newest === undefined) throw new Error(`no PostgreSQL below ${packaged} has pg_dump and psql`);
  return join(packaged, newest);
}
