import { spawnSync } from 'node:child_process';

export const mebibytes = 1_024;

/** CPU ms a MiB of md5 and sha512 over bytes that are in memory already. */
export async function digestsAlone(): Promise<number> {
  const program = `const { createHash } = require('crypto'); const mib = require('crypto').randomBytes(1 << 20);
    const hashes = ['md5', 'sha512'].map((name) => createHash(name)); const start = process.cpuUsage();
    for (let n = 0; n < ${mebibytes}; n++) for (const hash of hashes) hash.update(mib);
    const { user, system } = process.cpuUsage(start); console.log((user + system) / 1000 / ${mebibytes});`;
  return Promise.resolve(Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout));
}
