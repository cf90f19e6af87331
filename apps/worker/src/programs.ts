import type { Config } from '#config';
import { isInstalled } from '#image-data';

/** Where Debian has them. */
const packages = { 'qemu-img': 'qemu-utils', xz: 'xz-utils', bzip2: 'bzip2', zstd: 'zstd' } as const;

/** The programs that what is switched on cannot do without. @throws Error that names the variable */
export async function assertPrograms({ workers, imports }: Pick<Config, 'workers' | 'imports'>): Promise<void> {
  if (workers === 0) return;
  if (imports.convertTo !== null) await assertProgram('qemu-img', 'VITRINE_IMPORT_CONVERT_TO');
  for (const compression of imports.decompress) {
    if (compression !== 'gzip') await assertProgram(compression, 'VITRINE_IMPORT_DECOMPRESS');
  }
}

async function assertProgram(program: keyof typeof packages, variable: string): Promise<void> {
  if (await isInstalled(program)) return;
  throw new Error(
    `${variable} needs ${program}, which is not on the PATH: install it (Debian: apt-get install ${packages[program]}) or leave ${variable} unset`,
  );
}
