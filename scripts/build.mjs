// Compiles with tsc, copies the .sql files beside their code, and drops outputs whose source is gone.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const sources = ['apps', 'libs', 'test'].flatMap((top) => walk(top));
for (const file of sources.filter((file) => file.endsWith('.sql'))) {
  mkdirSync(dirname(join('dist', file)), { recursive: true });
  cpSync(file, join('dist', file));
}
for (const output of existsSync('dist') ? walk('dist') : []) {
  if (output === 'dist/.built') continue;
  const source = output.slice('dist/'.length).replace(/\.(js|js\.map)$/, '.ts');
  if (!existsSync(source)) rmSync(output);
}
const tsc = spawnSync(process.execPath, ['node_modules/typescript-7/bin/tsc', '-p', 'tsconfig.json'], {
  stdio: 'inherit',
});
process.exit(tsc.status ?? 1);

function walk(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
