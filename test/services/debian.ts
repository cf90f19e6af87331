import { spawnSync } from 'node:child_process';

/** Makes sure that a program is there: installs its Debian packages when that is possible, else says what to do. */
export function need(program: string, packages: readonly string[], instead: string): void {
  if (there(program)) return;
  if (process.getuid?.() === 0 && there('apt-get')) {
    process.stdout.write(`installing ${packages.join(' ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'inherit', env });
  }
  if (!there(program)) {
    throw new Error(
      `the tests need ${program}: install it (Debian: apt-get install ${packages.join(' ')}) or set ${instead}`,
    );
  }
}

function there(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
