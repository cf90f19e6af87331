import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { need } from './debian.js';

/** How a tool of the format's own world makes a file: `disk` is 3 MiB of raw data, `path` what is to be made. */
type Recipe = (files: { readonly disk: string; readonly path: string }) => void;

const key = ['--object', 'secret,id=key,data=passphrase'];
const gone = '/nowhere/base.raw';

const convert =
  (format: string, options = '', ...more: string[]): Recipe =>
  ({ disk, path }) => {
    const chosen = options === '' ? [] : ['-o', options];
    qemu(['convert', '-q', '-f', 'raw', '-O', format, ...more, ...chosen, disk, path]);
  };

const create =
  (format: string, size: bigint | number, ...args: string[]): Recipe =>
  ({ path }) =>
    qemu(['create', '-q', '-u', '-f', format, ...args, path, String(size)]);

const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** A disk of 20 MiB, of which a tool writes the partition table. */
const partitioned =
  (program: string, ...args: string[]): Recipe =>
  ({ path }) => {
    writeFileSync(path, '');
    truncateSync(path, 20 << 20);
    if (program === 'parted') run(program, '-s', path, ...args);
    else run(program, ...args, path);
  };

/** A directory with a kernel's worth of nothing, and what a tool makes of it. */
const packed =
  (pack: (tree: string, path: string, disk: string) => void): Recipe =>
  ({ path, disk }) => {
    const tree = join(dirname(path), 'tree');
    mkdirSync(tree, { recursive: true });
    writeFileSync(join(tree, 'appliance.ovf'), '<Envelope/>');
    writeFileSync(join(tree, 'disk.vmdk'), 'KDMV');
    pack(tree, path, disk);
  };

const xorriso = (...args: string[]) =>
  packed((tree, path) => run('xorriso', '-as', 'mkisofs', '-quiet', ...args, '-o', path, tree));
const tar = (...args: string[]) => packed((tree, path) => run('tar', '-C', tree, '-cf', path, ...args));
const compressed =
  (program: string): Recipe =>
  ({ disk, path }) =>
    writeFileSync(path, execFileSync(program, ['-c', disk]));

/** File → how it is made. The first word of a name is the format that Vitrine has for it. */
export const recipes = {
  raw: convert('raw'),
  'qcow2 version 2': convert('qcow2', 'compat=0.10'),
  'qcow2 version 3': convert('qcow2', 'compat=1.1'),
  'qcow2 with small clusters': convert('qcow2', 'cluster_size=512'),
  'qcow2 with large clusters': convert('qcow2', 'cluster_size=2M'),
  'qcow2 with lazy refcounts': convert('qcow2', 'lazy_refcounts=on,refcount_bits=64'),
  'qcow2 preallocated': convert('qcow2', 'preallocation=metadata'),
  'qcow2 compressed': convert('qcow2', '', '-c'),
  'qcow2 compressed by zstd': convert('qcow2', 'compression_type=zstd', '-c'),
  'qcow2 encrypted': convert('qcow2', 'encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10', ...key),
  'qcow2 of an exbibyte': create('qcow2', (1n << 60n) + 512n, '-o', 'cluster_size=2M'),
  'qcow2 with a backing file': create('qcow2', 3 << 20, '-b', gone, '-F', 'raw'),
  'qcow2 with a data file': ({ path }) =>
    qemu(['create', '-q', '-f', 'qcow2', '-o', `data_file=${path}.data`, path, '3M']),
  'qcow2 with extended L2 entries': convert('qcow2', 'extended_l2=on'),
  'vmdk monolithicSparse': convert('vmdk', 'subformat=monolithicSparse'),
  'vmdk streamOptimized': convert('vmdk', 'subformat=streamOptimized'),
  'vmdk with zeroed grains': convert('vmdk', 'zeroed_grain=on'),
  'vmdk of a tebibyte': create('vmdk', 1n << 40n),
  'vmdk monolithicFlat': convert('vmdk', 'subformat=monolithicFlat'),
  'vmdk twoGbMaxExtentSparse': convert('vmdk', 'subformat=twoGbMaxExtentSparse'),
  'vmdk twoGbMaxExtentFlat': convert('vmdk', 'subformat=twoGbMaxExtentFlat'),
  'vdi dynamic': convert('vdi'),
  'vdi static': convert('vdi', 'static=on'),
  'vhd dynamic': convert('vpc', 'subformat=dynamic'),
  'vhd fixed': convert('vpc', 'subformat=fixed,force_size=on'),
  'vhdx dynamic': convert('vhdx', 'subformat=dynamic'),
  'vhdx fixed': convert('vhdx', 'subformat=fixed'),
  'vhdx of 60 tebibytes': create('vhdx', 60n << 40n),
  qed: convert('qed'),
  'luks version 1': convert('luks', 'key-secret=key,iter-time=10', ...key),
  'luks version 2': ({ path, disk }) => {
    writeFileSync(path, '');
    truncateSync(path, 20 << 20);
    const quick = ['--type', 'luks2', '--batch-mode', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
    run('cryptsetup', 'luksFormat', ...quick, '--key-file', disk, '--keyfile-size', '32', path);
  },
  ploop: convert('parallels'),
  iso: xorriso(),
  'iso with a partition table': xorriso('--protective-msdos-label'),
  'iso UDF': ({ path }) => {
    writeFileSync(path, '');
    truncateSync(path, 20 << 20);
    run('mkudffs', '--utf8', path);
  },
  'gpt by parted': partitioned('parted', 'mklabel', 'gpt', 'mkpart', 'root', '1MiB', '100%'),
  'gpt by sgdisk': partitioned('sgdisk', '-n', '1:2048:0'),
  'gpt MBR': partitioned('parted', 'mklabel', 'msdos', 'mkpart', 'primary', '1MiB', '100%', 'set', '1', 'boot', 'on'),
  'gpt without a partition': partitioned('parted', 'mklabel', 'msdos'),
  'raw FAT': partitioned('mkfs.vfat'),
  ova: tar('--format=ustar', 'appliance.ovf', 'disk.vmdk'),
  'ova in the format of GNU': tar('--format=gnu', 'appliance.ovf', 'disk.vmdk'),
  'ova in the format of POSIX': tar('--format=pax', 'disk.vmdk', 'appliance.ovf'),
  'raw tar': tar('disk.vmdk'),
  gzip: compressed('gzip'),
  xz: compressed('xz'),
  bzip2: compressed('bzip2'),
  zstd: compressed('zstd'),
} as const satisfies Record<string, Recipe>;

export type RealFile = keyof typeof recipes;
export const realFiles = Object.keys(recipes) as readonly RealFile[];

/** What `qemu-img info` calls a format, where it is another name; `raw` is what it does not know. */
const qemuNames: Readonly<Record<string, string>> = {
  ...{ vhd: 'vpc', ploop: 'parallels', iso: 'raw', gpt: 'raw', ova: 'raw' },
  ...{ gzip: 'raw', xz: 'raw', bzip2: 'raw', zstd: 'raw' },
};

/** Program → the Debian package that it comes with. */
const packages = {
  ...{ 'qemu-img': 'qemu-utils', xorriso: 'xorriso', mkudffs: 'udftools', cryptsetup: 'cryptsetup-bin' },
  ...{ parted: 'parted', sgdisk: 'gdisk', 'mkfs.vfat': 'dosfstools' },
  ...{ gzip: 'gzip', xz: 'xz-utils', bzip2: 'bzip2', zstd: 'zstd' },
};

/** Makes the files below one directory. */
export class DiskImages {
  private readonly disk: string;

  constructor(private readonly directory: string) {
    for (const [program, name] of Object.entries(packages)) need(program, [name], `a ${program} on PATH`);
    this.disk = join(directory, 'disk');
    writeFileSync(this.disk, randomBytes(100 << 10));
    truncateSync(this.disk, 3 << 20);
  }

  make(file: RealFile): string {
    const path = join(this.directory, file.replaceAll(' ', '-'));
    recipes[file]({ disk: this.disk, path });
    return path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface QemuInfo {
  readonly format: string;
  readonly virtualSize: bigint;
}

/** What `qemu-img info` says of a file whose format Vitrine calls so. */
export function qemuInfo(path: string, format: string): QemuInfo {
  // It looks for a VHD at the start only, and takes a fixed one for raw unless it is told.
  const how = format === 'vhd' ? ['-f', 'vpc'] : [];
  const info = execFileSync('qemu-img', ['info', '--output=json', ...how, path], { encoding: 'utf8' });
  const { 'virtual-size': size, format: name } = JSON.parse(info) as { 'virtual-size': number; format: string };
  return { format: name, virtualSize: BigInt(size) };
}

export const qemuName = (format: string) => qemuNames[format] ?? format;

/** It gives up on LUKS when the CPU clock stands still while it measures its key derivation: about one in six. */
function qemu(args: readonly string[]): void {
  for (let tries = 10; ; tries--) {
    try {
      run('qemu-img', ...args);
      return;
    } catch (error) {
      if (tries === 0 || !String(error).includes('accurate CPU usage')) throw error;
    }
  }
}
