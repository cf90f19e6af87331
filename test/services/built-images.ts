/** Image files of each format, built byte by byte: sound unless the fields given say otherwise. */

type Field = readonly [
  offset: number,
  value: string | number | bigint | Buffer,
  kind?: 'u8' | 'u16le' | 'u16be' | 'u32le' | 'u32be' | 'u64le' | 'u64be',
];

/** A text or bytes as they are; a number by its kind. */
export function bytesOf(length: number, ...fields: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(length);
  for (const [offset, value, kind] of fields) put(bytes, offset, value, kind);
  return bytes;
}

function put(bytes: Buffer, offset: number, value: Field[1], kind: Field[2]): void {
  if (typeof value === 'string') bytes.write(value, offset, 'latin1');
  else if (Buffer.isBuffer(value)) value.copy(bytes, offset);
  else if (kind === 'u64le') bytes.writeBigUInt64LE(BigInt(value), offset);
  else if (kind === 'u64be') bytes.writeBigUInt64BE(BigInt(value), offset);
  else if (kind === 'u32le') bytes.writeUInt32LE(Number(value), offset);
  else if (kind === 'u32be') bytes.writeUInt32BE(Number(value), offset);
  else if (kind === 'u16le') bytes.writeUInt16LE(Number(value), offset);
  else if (kind === 'u16be') bytes.writeUInt16BE(Number(value), offset);
  else bytes.writeUInt8(Number(value), offset);
}

const diskSize = 5n << 30n;

/** version 3, an empty L1 table */
export const qcow2 = (...fields: readonly Field[]) =>
  bytesOf(
    1024,
    [0, 'QFI\xfb'],
    [4, 3, 'u32be'],
    [20, 16, 'u32be'],
    [24, diskSize, 'u64be'],
    [100, 104, 'u32be'],
    ...fields,
  );

export const descriptor = (...lines: readonly string[]) =>
  ['# Disk DescriptorFile', 'version=1', ...lines, ''].join('\n');
const type = (name: string) => `createType="${name}"`;
export const extent = 'RW 10485760 SPARSE "disk.vmdk"';
export const soundDescriptor = descriptor('CID=fffffffe', 'parentCID=ffffffff', type('monolithicSparse'), extent);

const sparseHeader = (at: number): Field[] => [
  [at, 'KDMV'],
  [at + 4, 1, 'u32le'],
  [at + 8, 3, 'u32le'],
  [at + 12, diskSize / 512n, 'u64le'],
  [at + 20, 128, 'u64le'],
  [at + 28, 1, 'u64le'],
  [at + 36, 20, 'u64le'],
  [at + 56, 26, 'u64le'],
];

/** monolithicSparse */
export const vmdk = (text: string, ...fields: readonly Field[]) =>
  bytesOf(16_384, ...sparseHeader(0), [512, text], ...fields);

/** streamOptimized, with a footer */
export const vmdkWithFooter = (...fields: readonly Field[]) =>
  bytesOf(
    16_384,
    ...sparseHeader(0),
    [512, soundDescriptor.replace('monolithicSparse', 'streamOptimized')],
    [56, 2n ** 64n - 1n, 'u64le'],
    [footerAt, 1, 'u64le'],
    [footerAt + 12, 3, 'u32le'],
    ...sparseHeader(footerAt + 512),
    ...fields,
  );
export const footerAt = 16_384 - 1536;

export const vdi = (...fields: readonly Field[]) =>
  bytesOf(
    512,
    [0, '<<< Oracle VM VirtualBox Disk Image >>>\n'],
    [0x40, 0xbeda107f, 'u32le'],
    [0x44, 0x10001, 'u32le'],
    [0x4c, 1, 'u32le'],
    [0x170, diskSize, 'u64le'],
    ...fields,
  );

const vhdFooter = (at: number, kind: number): Field[] => [
  [at, 'conectix'],
  [at + 12, 0x10000, 'u32be'],
  [at + 40, diskSize, 'u64be'],
  [at + 48, diskSize, 'u64be'],
  [at + 60, kind, 'u32be'],
];

export const vhdFixed = (...fields: readonly Field[]) => bytesOf(2048, ...vhdFooter(1536, 2), ...fields);
export const vhdDynamic = (...fields: readonly Field[]) =>
  bytesOf(2048, ...vhdFooter(0, 3), [512, 'cxsparse'], ...vhdFooter(1536, 3), ...fields);

const KiB = 1 << 10;
const guid = (hex: string) => Buffer.from(hex, 'hex');
/** Where a VHDX has what; its metadata region is made to begin right behind the tables. */
export const vhdxAt = {
  table: 192 * KiB,
  copy: 256 * KiB,
  metadata: 320 * KiB,
  parameters: 384 * KiB,
  size: 384 * KiB + 8,
};
export const guids = {
  bat: guid('6677c22d23f600429d64115e9bfd4a08'),
  metadataRegion: guid('06a27c8b90479a4bb8fe575f050f886e'),
  fileParameters: guid('3767a1ca36fa434db3b633f0aa44e76b'),
  diskSize: guid('2442a52f1bcd7648b2115dbed83bf4b8'),
  parentLocator: guid('2d5fd3a80bb34d45abf7d3d84834ab0c'),
  unknown: guid('00112233445566778899aabbccddeeff'),
};

export const vhdxEntry = (at: number, id: Buffer, offset: number | bigint, required: number): Field[] => [
  [at, id],
  [at + 16, offset, 'u64le'],
  [at + 28, required, 'u32le'],
];

export const vhdxItem = (at: number, id: Buffer, offset: number): Field[] => [
  [at, id],
  [at + 16, offset, 'u32le'],
  [at + 24, 0b100, 'u32le'],
];

/** Both tables alike; `fields` are those of a table. */
export const vhdxTables = (fields: (at: number) => readonly Field[]): Field[] =>
  [vhdxAt.table, vhdxAt.copy].flatMap((at) => [[at, 'regi'], ...fields(at)]);

export const vhdx = (...fields: readonly Field[]) =>
  bytesOf(
    vhdxAt.size + 8,
    [0, 'vhdxfile'],
    ...vhdxTables((at) => [
      [at + 8, 2, 'u32le'],
      ...vhdxEntry(at + 16, guids.bat, 0, 1),
      ...vhdxEntry(at + 48, guids.metadataRegion, vhdxAt.metadata, 1),
    ]),
    [vhdxAt.metadata, 'metadata'],
    [vhdxAt.metadata + 10, 2, 'u16le'],
    ...vhdxItem(vhdxAt.metadata + 32, guids.fileParameters, 64 * KiB),
    ...vhdxItem(vhdxAt.metadata + 64, guids.diskSize, 64 * KiB + 8),
    [vhdxAt.size, diskSize, 'u64le'],
    ...fields,
  );

/** Region tables that say that the metadata is at `offset`, and another such table there. */
export function vhdxPointing(offset: bigint): Buffer {
  const table = (at: number): Field[] => [[at + 8, 1, 'u32le'], ...vhdxEntry(at + 16, guids.metadataRegion, offset, 1)];
  const there = Number(offset);
  const again: Field[] = there + 64 < 400 * KiB ? [[there, 'regi'], ...table(there)] : [];
  return bytesOf(400 * KiB, [0, 'vhdxfile'], ...again, ...vhdxTables(table));
}

export const qed = () => bytesOf(1024, [0, 'QED\0'], [48, diskSize, 'u64le']);
export const luks = (...fields: readonly Field[]) =>
  bytesOf(2048, [0, 'LUKS\xba\xbe'], [6, 1, 'u16be'], [104, 2, 'u32be'], ...fields);
export const ploop = (...fields: readonly Field[]) =>
  bytesOf(1024, [0, 'WithouFreSpacExt'], [16, 2, 'u32le'], [36, diskSize / 512n, 'u64le'], ...fields);
export const iso = (...fields: readonly Field[]) =>
  bytesOf(64 * KiB, [32 * KiB, '\x01CD001'], [32 * KiB + 80, 32, 'u32le'], [32 * KiB + 128, 2048, 'u16le'], ...fields);

/** One entry of a partition table. */
export const partition = (n: number, kind: number, startLba = 2048, startChs = '\0\x02\0', bootFlag = 0): Field[] => [
  [446 + n * 16, bootFlag],
  [446 + n * 16 + 1, startChs],
  [446 + n * 16 + 4, kind],
  [446 + n * 16 + 8, startLba, 'u32le'],
];
export const mbr = (...fields: readonly Field[]) => bytesOf(2048, [510, '\x55\xaa'], ...partition(0, 0x83), ...fields);
export const gpt = (...fields: readonly Field[]) =>
  bytesOf(2048, [510, '\x55\xaa'], ...partition(0, 0xee, 1), ...fields);
export const ova = () => bytesOf(2048, [0, 'box.ovf'], [124, '00000000100\0'], [257, 'ustar'], [263, '00']);

/** One of each format, with nothing wrong. */
export const sound: Readonly<Record<string, Buffer>> = {
  qcow2: qcow2(),
  'qcow2 v2': qcow2([4, 2, 'u32be']),
  vmdk: vmdk(soundDescriptor),
  'vmdk with footer': vmdkWithFooter(),
  vdi: vdi(),
  'vhd fixed': vhdFixed(),
  'vhd dynamic': vhdDynamic(),
  vhdx: vhdx(),
  luks: luks(),
  ploop: ploop(),
  iso: iso(),
  mbr: mbr(),
  gpt: gpt(),
  ova: ova(),
};
