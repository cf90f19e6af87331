import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that a PostgreSQL of its own user can get to; where it cannot, its data would lie elsewhere and stay. */
export function scratchDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `vitrine-${name}-`));
  chmodSync(directory, 0o755);
  return directory;
}
