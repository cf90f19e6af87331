import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '#config';
import { createLogger } from '#platform';
import { Scratch } from './scratch.js';

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vitrine-scratch-'));
  root = join(base, 'scratch');
});
afterEach(() => rmSync(base, { recursive: true }));

function scratch(): Scratch {
  const config = readConfig({ VITRINE_SCRATCH_DIR: root, VITRINE_LEASE_SECONDS: '5', VITRINE_LOG_LEVEL: 'silent' });
  return new Scratch(config, createLogger(config, 'worker'));
}
const longAgo = new Date(Date.now() - 60_000);

describe('a scratch directory', () => {
  it('is for this user alone, and goes with everything in it', async () => {
    const directory = await scratch().open();
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    writeFileSync(join(directory.path, 'original'), 'x');
    await directory.remove();
    expect(readdirSync(root)).toEqual([]);
  });

  it('that is in use stays, however long', async () => {
    const mine = scratch();
    const { path } = await mine.open();
    utimesSync(path, longAgo, longAgo);
    await mine.tend();
    await scratch().tend();
    expect(existsSync(path)).toBe(true);
  });

  it('that nobody has touched for two leases is removed, and nothing else is', async () => {
    const { path } = await scratch().open();
    writeFileSync(join(path, 'original'), 'x');
    const others = join(root, 'not-ours');
    mkdirSync(others);
    for (const one of [path, others]) utimesSync(one, longAgo, longAgo);
    const { path: fresh } = await scratch().open();
    await scratch().tend();
    expect([path, others, fresh].map((one) => existsSync(one))).toEqual([false, true, true]);
  });

  it('is looked for where none was ever made', async () => {
    await expect(scratch().tend()).resolves.toBeUndefined();
  });
});
