// npm start: installs and builds what is missing, then runs the API and the workers in one process.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => join(root, ...parts);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Vitrine needs Node.js 20.19 or newer; this is ${process.versions.node}`);
  process.exit(1);
}
if (modified(at('package-lock.json')) > modified(at('node_modules', '.package-lock.json'))) {
  step('installing', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}
const stamp = at('dist', '.built');
if (newestSource() > modified(stamp)) {
  step('building', process.execPath, [at('scripts', 'build.mjs')]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
}

const main = at('dist', 'apps', 'vitrine', 'src', 'main.js');
const vitrine = spawn(process.execPath, ['--enable-source-maps', main, 'start'], { stdio: 'inherit' });
// An interrupt from the keyboard reaches the child by itself; a TERM is for this process alone.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => vitrine.kill('SIGTERM'));
vitrine.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));

function step(what, command, args) {
  const started = Date.now();
  process.stdout.write(`${what} … `);
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    console.error(`${what} failed`);
    process.exit(status ?? 1);
  }
  console.log(`${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function newestSource() {
  const files = ['apps', 'libs', 'test'].flatMap((top) =>
    readdirSync(at(top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Math.max(...[...files, at('package.json'), at('tsconfig.json')].map(modified));
}
