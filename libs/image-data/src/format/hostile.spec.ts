import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allDangers, type Danger } from './dangers.js';
import * as make from '../../../../test/services/built-images.js';
import {
  descriptor,
  extent,
  footerAt,
  guids,
  partition,
  soundDescriptor,
  vhdxAt,
} from '../../../../test/services/built-images.js';
import { cutsOf, inspect, inspectInPiecesOf } from './inspection.spec-kit.js';

const { qcow2, vmdk, vmdkWithFooter, vdi, vhdFixed, vhdDynamic, vhdx, luks, ploop, mbr, gpt, iso } = make;

type Hostile = readonly [what: string, bytes: Buffer, danger: Danger, ...also: Danger[]];

/** A descriptor with these lines in the place of a sound one's extent, or of its type. */
const withExtent = (...lines: string[]) => vmdk(soundDescriptor.replace(extent, lines.join('\n')));
const withType = (line: string) => vmdk(soundDescriptor.replace('createType="monolithicSparse"', line));
const withLine = (line: string) => vmdk(`${soundDescriptor}${line}\n`);
const textOnly = (text: string) => Buffer.from(text, 'latin1');

const files: readonly Hostile[] = [
  // CVE-2015-5163, and each later one of its kind: a qcow2 that names a file of the host as its base.
  [
    'qcow2 with a backing file',
    qcow2([8, 512, 'u64be'], [16, 11, 'u32be'], [512, '/etc/passwd']),
    'qcow2-backing-file',
  ],
  ['qcow2 version 2 with a backing file', qcow2([4, 2, 'u32be'], [8, 512, 'u64be']), 'qcow2-backing-file'],
  ['qcow2 whose backing file lies in the highest bit', qcow2([8, 2n ** 63n, 'u64be']), 'qcow2-backing-file'],
  ['qcow2 whose backing file has no length', qcow2([8, 1024, 'u64be'], [16, 0, 'u32be']), 'qcow2-backing-file'],
  // CVE-2024-32498: the content lies in a file that a header extension names.
  ['qcow2 with a data file', qcow2([72, 0b100, 'u64be']), 'qcow2-data-file'],
  ['qcow2 with a data file, marked corrupt', qcow2([72, 0b110, 'u64be']), 'qcow2-data-file'],
  ['qcow2 with both', qcow2([8, 512, 'u64be'], [72, 4, 'u64be']), 'qcow2-backing-file', 'qcow2-data-file'],
  ['qcow2 with an unknown feature', qcow2([72, 1n << 5n, 'u64be']), 'qcow2-unknown-features'],
  ['qcow2 with the last unknown feature', qcow2([72, 1n << 63n, 'u64be']), 'qcow2-unknown-features'],
  ['qcow2 with extended L2 entries', qcow2([72, 1n << 4n, 'u64be']), 'qcow2-unknown-features'],
  ['qcow2 version 1', qcow2([4, 1, 'u32be']), 'qcow2-version'],
  ['qcow2 version 4', qcow2([4, 4, 'u32be']), 'qcow2-version'],
  ['qcow2 version 0', qcow2([4, 0, 'u32be']), 'qcow2-version'],
  // CVE-2015-5162: qemu-img takes all memory to read it.
  ['qcow2 with 2^32 L1 entries', qcow2([36, 0xffff_ffff, 'u32be']), 'qcow2-tables'],
  ['qcow2 with 2^32 refcount tables', qcow2([56, 0xffff_ffff, 'u32be']), 'qcow2-tables'],
  ['qcow2 with 2^32 snapshots', qcow2([60, 0xffff_ffff, 'u32be']), 'qcow2-tables'],
  ['qcow2 of 16 exbibytes', qcow2([24, 2n ** 64n - 1n, 'u64be']), 'size-unbelievable'],
  ['qcow2 that ends in its magic', qcow2().subarray(0, 4), 'truncated'],
  ['qcow2 that ends before its features', qcow2().subarray(0, 79), 'truncated'],
  ['qcow2 that is a disc as well', iso([0, qcow2()]), 'several-formats'],
  ['qcow2 that is a partitioned disk as well', qcow2([510, '\x55\xaa'], ...partition(0, 0x83)), 'several-formats'],
  ['qcow2 that is a VDI as well', qcow2([0x40, vdi().subarray(0x40)], [100, 104, 'u32be']), 'several-formats'],
  ['qcow2 that ends as a VHD', Buffer.concat([qcow2(), vhdFixed()]), 'several-formats'],

  // CVE-2022-47951: a VMDK that names a file of the host as its flat extent.
  ['vmdk monolithicFlat', withType('createType="monolithicFlat"'), 'vmdk-create-type'],
  ['vmdk with a flat extent', withExtent('RW 63 FLAT "passwd" 0'), 'vmdk-extent-type'],
  [
    'vmdk with a flat extent elsewhere',
    withExtent('RW 63 FLAT "/etc/passwd" 0'),
    'vmdk-extent-type',
    'vmdk-extent-path',
  ],
  ['vmdk with an extent on a device', withExtent('RW 63 VMFSRDM "disk"'), 'vmdk-extent-type'],
  ['vmdk with an extent elsewhere', withExtent('RW 63 SPARSE "/etc/shadow"'), 'vmdk-extent-path'],
  ['vmdk with an extent above', withExtent('RW 63 SPARSE "..\\..\\disk.vmdk"'), 'vmdk-extent-path'],
  ['vmdk with an extent on the net', withExtent('RW 63 SPARSE "nbd:10.0.0.1"'), 'vmdk-extent-path'],
  ['vmdk with a hidden second extent', withExtent(extent, '\t RDONLY\t1 SPARSE "x"'), 'vmdk-several-extents'],
  ['vmdk without an extent', withExtent(), 'vmdk-no-extent'],
  ['vmdk whose extent has no size', withExtent('RW SPARSE "disk.vmdk"'), 'vmdk-extent-type'],
  ['vmdk without a create type', withType('encoding="UTF-8"'), 'vmdk-create-type'],
  ['vmdk whose create type has no quotes', withType('createType=monolithicSparse'), 'vmdk-create-type'],
  ['vmdk with two create types', withLine('createType="vmfs"'), 'vmdk-create-type'],
  [
    'vmdk with a create type in a comment',
    vmdk(`# Disk DescriptorFile\n# createType="monolithicFlat"\n${soundDescriptor}`),
    'vmdk-create-type',
  ],
  ['vmdk with a line that nobody knows', withLine('RWX 63 FLAT "passwd" 0'), 'vmdk-descriptor-line'],
  ['vmdk with an endless line', withLine(`ddb.x="${'y'.repeat(5000)}"`), 'vmdk-descriptor-text'],
  ['vmdk with a carriage return in a line', withLine('# x\rRW 63 FLAT "passwd" 0'), 'vmdk-descriptor-text'],
  ['vmdk with a descriptor that is not ASCII', withLine('ddb.x = "\xff"'), 'vmdk-descriptor-text'],
  [
    'vmdk that goes on behind a NUL',
    withLine('\0RW 63 FLAT "passwd" 0'),
    'vmdk-descriptor-text',
    'vmdk-descriptor-line',
  ],
  [
    'vmdk that goes on behind a NUL with more than a shorter CID leaves',
    vmdk(`${soundDescriptor}\0x = "y"\n\n`),
    'vmdk-descriptor-text',
    'vmdk-descriptor-line',
  ],
  ['vmdk with a parent', withLine('parentFileNameHint="/etc/passwd"'), 'vmdk-parent'],
  ['vmdk with a parent in a comment', withLine('#parentFileNameHint="base.vmdk"'), 'vmdk-parent'],
  [
    'vmdk whose parent has an id',
    vmdk(soundDescriptor.replace('parentCID=ffffffff', 'parentCID=12345678')),
    'vmdk-parent',
  ],
  ['vmdk version 0', vmdk(soundDescriptor, [4, 0, 'u32le']), 'vmdk-version'],
  ['vmdk version 4', vmdk(soundDescriptor, [4, 4, 'u32le']), 'vmdk-version'],
  ['vmdk without a capacity', vmdk(soundDescriptor, [12, 0, 'u64le']), 'vmdk-capacity'],
  ['vmdk of more than can be', vmdk(soundDescriptor, [12, 2n ** 60n, 'u64le']), 'size-unbelievable'],
  ['vmdk with its descriptor nowhere', vmdk(soundDescriptor, [28, 0, 'u64le']), 'vmdk-descriptor-place'],
  ['vmdk with its descriptor far away', vmdk(soundDescriptor, [28, 2n ** 63n, 'u64le']), 'vmdk-descriptor-place'],
  ['vmdk with an empty descriptor', vmdk(soundDescriptor, [36, 0, 'u64le']), 'vmdk-descriptor-size'],
  [
    'vmdk with a descriptor of 2^64 sectors',
    vmdk(soundDescriptor, [36, 2n ** 64n - 1n, 'u64le']),
    'vmdk-descriptor-size',
  ],
  ['vmdk with a descriptor of zeros', vmdk(''), 'vmdk-descriptor-missing'],
  ['vmdk with a descriptor of something else', vmdk('#!/bin/sh\n'), 'vmdk-descriptor-missing'],
  ['vmdk that ends in its header', vmdk(soundDescriptor).subarray(0, 60), 'truncated'],
  ['vmdk whose footer is not there', vmdk(soundDescriptor, [56, 2n ** 64n - 1n, 'u64le']), 'vmdk-footer-missing'],
  ['vmdk whose footer is not marked', vmdkWithFooter([footerAt + 12, 2, 'u32le']), 'vmdk-footer-missing'],
  ['vmdk whose stream has no end', vmdkWithFooter([footerAt + 1024, 1, 'u64le']), 'vmdk-footer-missing'],
  ['vmdk whose footer names another descriptor', vmdkWithFooter([footerAt + 540, 9, 'u64le']), 'vmdk-footer-mismatch'],
  ['vmdk whose footer is of another version', vmdkWithFooter([footerAt + 516, 3, 'u32le']), 'vmdk-footer-mismatch'],
  ['vmdk whose footer has no capacity', vmdkWithFooter([footerAt + 524, 0, 'u64le']), 'vmdk-footer-mismatch'],
  ['vmdk whose footer has a footer', vmdkWithFooter([footerAt + 568, 2n ** 64n - 1n, 'u64le']), 'vmdk-footer-mismatch'],
  ['vmdk of the old kind', make.bytesOf(2048, [0, 'COWD']), 'vmdk-cowd'],
  ['descriptor alone', textOnly(soundDescriptor), 'vmdk-text-descriptor'],
  ['descriptor alone, behind a comment', textOnly(`#\n# x\n  \r\nversion=1\n${extent}\n`), 'vmdk-text-descriptor'],
  [
    'descriptor alone that names a file',
    textOnly(descriptor('RW 63 FLAT "/etc/passwd" 0')),
    'vmdk-text-descriptor',
    'vmdk-extent-path',
  ],

  ['qed', make.qed(), 'qed-banned'],
  ['luks version 2', luks([6, 2, 'u16be']), 'luks-version'],
  ['luks version 0', luks([6, 0, 'u16be']), 'luks-version'],
  ['luks that ends in its header', luks().subarray(0, 100), 'truncated'],
  ['vdi that differs from another', vdi([0x4c, 4, 'u32le']), 'vdi-parent'],
  ['vdi that is an undo log', vdi([0x4c, 3, 'u32le']), 'vdi-parent'],
  ['vdi that is linked to another', vdi([0x1a8, 1]), 'vdi-parent'],
  ['vdi whose parent was another', vdi([0x1c7, 1]), 'vdi-parent'],
  ['vdi version 0.1', vdi([0x44, 1, 'u32le']), 'vdi-version'],
  ['vhd that differs from another', vhdDynamic([60, 4, 'u32be'], [1596, 4, 'u32be']), 'vhd-parent'],
  ['vhd whose footer alone differs', vhdFixed([1596, 4, 'u32be']), 'vhd-parent'],
  ['vhd of a reserved type', vhdFixed([1596, 6, 'u32be']), 'vhd-disk-type'],
  ['vhd that has a parent to Hyper-V only', vhdDynamic([1596, 4, 'u32be']), 'vhd-footer-mismatch'],
  ['vhd of two sizes', vhdDynamic([1584, 1, 'u64be']), 'vhd-footer-mismatch'],
  ['vhd that ends in its cookie', vhdDynamic().subarray(0, 8), 'truncated'],
  ['vhdx that has a parent', vhdx([vhdxAt.parameters + 4, 0b10, 'u32le']), 'vhdx-parent'],
  [
    'vhdx with a parent locator',
    vhdx([vhdxAt.metadata + 10, 3, 'u16le'], ...make.vhdxItem(vhdxAt.metadata + 96, guids.parentLocator, 65_552)),
    'vhdx-parent',
  ],
  ['vhdx with two region tables', vhdx([vhdxAt.copy + 64, 0, 'u64le']), 'vhdx-region-tables'],
  ['vhdx without a region table', vhdx([vhdxAt.table, '\0'], [vhdxAt.copy, '\0']), 'vhdx-region-tables'],
  [
    'vhdx with two metadata regions',
    vhdx(...make.vhdxTables((at) => make.vhdxEntry(at + 16, guids.metadataRegion, 1 << 20, 1))),
    'vhdx-region-tables',
    'vhdx-metadata',
  ],
  [
    'vhdx that needs an unknown region',
    vhdx(...make.vhdxTables((at) => make.vhdxEntry(at + 16, guids.unknown, 0, 1))),
    'vhdx-unknown-region',
  ],
  [
    'vhdx that needs unknown metadata',
    vhdx([vhdxAt.metadata + 10, 3, 'u16le'], ...make.vhdxItem(vhdxAt.metadata + 96, guids.unknown, 65_552)),
    'vhdx-unknown-metadata',
  ],
  ['vhdx without metadata', vhdx([vhdxAt.metadata, '\0']), 'vhdx-metadata'],
  [
    'vhdx whose parameters are there twice',
    vhdx(...make.vhdxItem(vhdxAt.metadata + 64, guids.fileParameters, 65_544)),
    'vhdx-metadata',
  ],
  ['vhdx whose values lie far away', vhdx([vhdxAt.metadata + 80, 0xffff_ffff, 'u32le']), 'truncated'],
  ['vhdx that ends before its tables', vhdx().subarray(0, vhdxAt.table), 'truncated'],
  ['ploop version 3', ploop([16, 3, 'u32le']), 'ploop-version'],

  ['partition with an unknown boot flag', mbr(...partition(1, 0x83, 2048, '\0\0\0', 0x7f)), 'mbr-boot-flag'],
  ['partition table without a partition', mbr(...partition(0, 0)), 'mbr-no-partition'],
  ['gpt with another partition beside', gpt(...partition(1, 0x83)), 'gpt-not-alone'],
  ['gpt behind another partition', gpt(...partition(0, 0x83), ...partition(1, 0xee, 1)), 'gpt-not-alone'],
  ['gpt protected in the second entry', gpt(...partition(0, 0), ...partition(1, 0xee, 1)), 'gpt-not-alone'],
  ['gpt that starts at another sector', gpt(...partition(0, 0xee, 1, '\0\x01\0')), 'gpt-start-chs'],
  ['gpt that starts at another block', gpt(...partition(0, 0xee, 2)), 'gpt-start-lba'],
];

describe('a hostile file', () => {
  it.each(files)('%s is refused for that', (_, bytes, ...dangers) => {
    expect(inspect(bytes).dangers).toEqual(expect.arrayContaining(dangers));
  });

  it.each(files)('%s is refused however it arrives', (_, bytes) => {
    const whole = inspect(bytes);
    expect(inspectInPiecesOf(1, bytes)).toEqual(whole);
    fc.assert(
      fc.property(cutsOf(bytes.length), (cuts) => expect(inspect(bytes, cuts)).toEqual(whole)),
      { numRuns: 10 },
    );
  });

  it('is refused for what was changed in it alone: the same without is safe', () => {
    for (const [name, bytes] of Object.entries(make.sound)) expect([name, inspect(bytes).dangers]).toEqual([name, []]);
  });

  it('is there for every danger', () => {
    const shown = new Set(files.flatMap(([, , ...dangers]) => dangers));
    // `unreadable` is a fault of an inspector: no file can show it as long as there is none.
    expect(allDangers.filter((danger) => !shown.has(danger))).toEqual(['unreadable']);
    expect(files.length).toBeGreaterThanOrEqual(60);
  });
});

describe('the memory for a descriptor that says it is large', () => {
  const large = (sectors: bigint, text: Buffer) =>
    Buffer.concat([vmdk('', [36, sectors, 'u64le']).subarray(0, 512), text]);

  it.each([
    ['lines', Buffer.from(soundDescriptor.padEnd(1 << 20, '\n'))],
    ['spaces', Buffer.from(soundDescriptor.padEnd(1 << 20, ' '))],
    ['NULs, and then a letter', Buffer.concat([Buffer.from(soundDescriptor), Buffer.alloc(1 << 20), Buffer.from('x')])],
    ['create types', Buffer.from(soundDescriptor.padEnd(1 << 20, '#createType="x"\n'))],
  ])('is bounded, and so is the time: %s', (_, text) => {
    // More than the bound is refused by `inspect` of the kit; what takes long would time out.
    expect(inspect(large(2048n, text)).format).toBe('vmdk');
    expect(inspect(large(2n ** 40n, text)).dangers).toContain('vmdk-descriptor-size');
    expect(inspectInPiecesOf(777, large(2048n, text))).toEqual(inspect(large(2048n, text)));
  });
});

it.each([2, 3, 7])('a vmdk whose CID became %i digits shorter, as qemu leaves it, is safe', (digits) => {
  // What was there before has its end behind the NUL.
  const remnant = soundDescriptor.slice(1 - digits);
  const found = inspect(vmdk(`${soundDescriptor}\0${remnant}`));
  expect(found).toMatchObject({ format: 'vmdk', dangers: [] });
});
