import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { need } from './debian.js';

/** A file that a tool of the format's own world has made. */
export interface DiskImage {
  readonly path: string;
  /** as `qemu-img info` tells, bytes */
  readonly virtualSize: bigint;
}

const luksKey = ['--object', 'secret,id=key,data=passphrase'];

/** What `qemu-img convert` is told for each; `vpc` is qemu's name for VHD. */
const conversions = {
  raw: ['-O', 'raw'],
  'qcow2 v2': ['-O', 'qcow2', '-o', 'compat=0.10'],
  'qcow2 v3': ['-O', 'qcow2', '-o', 'compat=1.1'],
  'vmdk monolithicSparse': ['-O', 'vmdk', '-o', 'subformat=monolithicSparse'],
  'vmdk streamOptimized': ['-O', 'vmdk', '-o', 'subformat=streamOptimized'],
  vdi: ['-O', 'vdi'],
  'vhd dynamic': ['-O', 'vpc', '-o', 'subformat=dynamic'],
  'vhd fixed': ['-O', 'vpc', '-o', 'subformat=fixed,force_size=on'],
  'vhdx dynamic': ['-O', 'vhdx', '-o', 'subformat=dynamic'],
  'vhdx fixed': ['-O', 'vhdx', '-o', 'subformat=fixed'],
  qed: ['-O', 'qed'],
  luks: ['-O', 'luks', ...luksKey, '-o', 'key-secret=key,iter-time=10'],
} as const;

export const diskFormats = Object.keys(conversions) as readonly (keyof typeof conversions)[];

/** Makes disk images with qemu-img and ISO images with xorriso, below one directory. */
export class DiskImages {
  constructor(private readonly directory: string) {
    need('qemu-img', ['qemu-utils'], 'a qemu-img on PATH');
    need('xorriso', ['xorriso'], 'a xorriso on PATH');
  }

  /** The same disk in some format: 3 MiB, the first 100 KiB of them random. */
  convert(format: keyof typeof conversions): DiskImage {
    const disk = join(this.directory, 'disk');
    writeFileSync(disk, randomBytes(100 << 10));
    truncateSync(disk, 3 << 20);
    const path = join(this.directory, format.replaceAll(' ', '-'));
    runInSpiteOfClock(['convert', '-q', '-f', 'raw', ...conversions[format], disk, path]);
    // qemu-img looks for a VHD at the start only, and takes a fixed one for raw unless it is told.
    return { path, virtualSize: sizeOf(path, format === 'vhd fixed' ? 'vpc' : undefined) };
  }

  /** An empty disk of any size. */
  create(name: string, args: readonly string[], bytes: bigint): DiskImage {
    const path = join(this.directory, name);
    execFileSync('qemu-img', ['create', '-q', ...args, path, String(bytes)]);
    return { path, virtualSize: sizeOf(path, undefined) };
  }

  /** An ISO 9660 image with one file; a guest sees all of it. */
  iso(): DiskImage {
    const tree = join(this.directory, 'tree');
    mkdirSync(tree);
    writeFileSync(join(tree, 'meta-data'), 'instance-id: one\n');
    const path = join(this.directory, 'cloud-init.iso');
    execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-o', path, tree], { stdio: 'ignore' });
    return { path, virtualSize: sizeOf(path, undefined) };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** qemu-img gives up on LUKS when the CPU clock stands still while it measures its key derivation: about one in six. */
function runInSpiteOfClock(args: readonly string[]): void {
  for (let tries = 10; ; tries--) {
    try {
      execFileSync('qemu-img', args, { stdio: ['ignore', 'ignore', 'pipe'] });
      return;
    } catch (error) {
      if (tries === 0 || !String(error).includes('accurate CPU usage')) throw error;
    }
  }
}

function sizeOf(path: string, format: string | undefined): bigint {
  const how = format === undefined ? [] : ['-f', format];
  const info = execFileSync('qemu-img', ['info', '--output=json', ...how, path], { encoding: 'utf8' });
  return BigInt((JSON.parse(info) as { 'virtual-size': number })['virtual-size']);
}
