// npm test [-- jest arguments]: installs and builds what is missing, runs every spec, ends with one plain line of counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
if (!existsSync('node_modules')) run('npm', ['ci']);
run(process.execPath, ['scripts/build.mjs']);

const scratch = mkdtempSync(join(tmpdir(), 'vitrine-results-'));
const results = join(scratch, 'results.json');
const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(
  process.execPath,
  [...jest, '--json', `--outputFile=${results}`, ...process.argv.slice(2)],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = existsSync(results)
  ? JSON.parse(readFileSync(results, 'utf8'))
  : {};
rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(status ?? 1);

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
