import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';

/**
 * The least that an import is: the bytes by undici, their two digests, a file made durable; some at a time, nothing noted
 * anywhere. Started with a directory, how many at a time, and the addresses; says how many seconds it took.
 */
const [directory, atOnce, ...addresses] = process.argv.slice(2) as [string, string, ...string[]];
mkdirSync(directory);
const started = performance.now();
let next = 0;
async function worker(): Promise<void> {
  while (next < addresses.length) {
    const number = next++;
    const digests = ['md5', 'sha512'].map((name) => createHash(name));
    const file = await open(join(directory, String(number)), 'wx');
    const { body } = await request(addresses[number]!);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const digest of digests) digest.update(chunk);
      await file.write(chunk);
    }
    for (const digest of digests) digest.digest();
    await file.sync();
    await file.close();
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, worker));
process.stdout.write(`${(performance.now() - started) / 1000}\n`);
rmSync(directory, { recursive: true });
