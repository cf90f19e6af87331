import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DiskImages, qemuName, type RealFile } from '../../../../test/services/disk-images.js';
import { inspectFile } from '../format/inspect-file.js';
import { Confinement } from './confinement.js';
import { conversionTargets, convertDisk, isConvertible, type DiskConversion } from './disk-conversion.js';

const directory = mkdtempSync(join(tmpdir(), 'vitrine-convert-'));
const images = new DiskImages(directory);
const output = 'result';
let confinement: Confinement;
beforeAll(async () => {
  confinement = await Confinement.probe();
});
afterAll(() => images.remove());

async function convert(path: string, more: Partial<DiskConversion>): Promise<void> {
  rmSync(join(directory, output), { force: true });
  const found = await inspectFile(path);
  await convertDisk(confinement, {
    ...{ from: found.format, to: 'qcow2', directory, input: basename(path), output },
    ...{ virtualSize: found.virtualSize!, sizeLimit: 1n << 30n, timeoutSeconds: 60 },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
    ...more,
  });
}

const isSame = (path: string, from: string, to: string) =>
  execFileSync('qemu-img', ['compare', '-f', qemuName(from), '-F', qemuName(to), path, join(directory, output)], {
    encoding: 'utf8',
  });

const sources: readonly RealFile[] = [
  ...(['raw', 'qcow2 compressed by zstd', 'vmdk streamOptimized', 'vdi dynamic', 'vhdx dynamic', 'vhd fixed'] as const),
  ...(['ploop', 'gpt by sgdisk', 'qcow2 version 2'] as const),
];

describe('a conversion', () => {
  it.each(sources)('of %s to qcow2 has the same content', async (file) => {
    const path = images.make(file);
    await convert(path, {});
    expect(await inspectFile(join(directory, output))).toMatchObject({ format: 'qcow2', dangers: [] });
    expect(isSame(path, file.split(' ')[0]!, 'qcow2')).toContain('Images are identical');
  });

  it.each(conversionTargets)('of a vmdk to %s is safe, of the same size and has the same content', async (to) => {
    const path = images.make('vmdk streamOptimized');
    await convert(path, { to });
    const expected = { format: to, dangers: [], virtualSize: 3n << 20n };
    expect(await inspectFile(join(directory, output))).toMatchObject(expected);
    expect(isSame(path, 'vmdk', to)).toContain('Images are identical');
  });

  it('reads what it was told that it is, and never guesses', async () => {
    const path = images.make('qcow2 version 3');
    await convert(path, { from: 'raw', to: 'vdi' });
    expect(isSame(path, 'raw', 'vdi')).toContain('Images are identical');
    await expect(convert(path, { from: 'vmdk' })).rejects.toThrow(/qemu-img failed: .*original|VMDK|vmdk/i);
  });

  it('tells how far it is, up to the end', async () => {
    const percents: number[] = [];
    await convert(images.make('raw'), { onProgress: (percent) => percents.push(percent) });
    expect(percents.at(-1)).toBe(100);
  });

  it.each(['qcow2', 'raw'] as const)('to %s writes no more than it may, and another try would not help', async (to) => {
    const path = images.make('raw');
    const refused = convert(path, { to, sizeLimit: 64n << 10n });
    await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(/^qemu-img /), mayPass: false });
    const left = statSync(join(directory, output), { throwIfNoEntry: false });
    expect((left?.blocks ?? 0) * 512).toBeLessThan(128 << 10);
  });

  it('of what is damaged fails, and its reason names no folder of this machine', async () => {
    const path = join(directory, 'damaged');
    writeFileSync(path, 'QFI\xfb\0\0\0\x03', 'latin1');
    truncateSync(path, 1 << 16);
    const failed = convert(path, { from: 'qcow2', virtualSize: 1n });
    await expect(failed).rejects.toMatchObject({
      message: expect.stringMatching(/^qemu-img failed: /),
      mayPass: false,
    });
    await expect(failed).rejects.not.toThrow(directory);
  });

  it('stops when it is no longer wanted, for the reason that it is not', async () => {
    const stop = new AbortController();
    const path = join(directory, 'large');
    writeFileSync(path, '');
    truncateSync(path, 64 << 20);
    const stopped = convert(path, {
      to: 'raw',
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('deleted')),
    });
    await expect(stopped).rejects.toThrow('deleted');
    await expect(convert(path, { signal: stop.signal })).rejects.toThrow('deleted');
  });

  it('is given up when nothing is heard of it', async () => {
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const silent = convertDisk(confinement, {
      ...{ from: 'raw', to: 'qcow2', directory, input: 'fifo', output, virtualSize: 1n, sizeLimit: 1n << 30n },
      ...{ timeoutSeconds: 1, signal: new AbortController().signal, onProgress: () => undefined },
    });
    await expect(silent).rejects.toMatchObject({ message: 'qemu-img made no progress for 1 seconds', mayPass: true });
  });

  it('is not for discs, archives and compressed data', () => {
    expect(['iso', 'ova', 'gzip', 'luks', 'toString'].filter(isConvertible)).toEqual([]);
    expect(['raw', 'gpt', 'ploop', 'vhd'].filter(isConvertible)).toHaveLength(4);
  });
});
