/**
 * Why data is refused: the name that logs and programs look for, and what a person reads behind "it". Most are ways to
 * make a hypervisor or `qemu-img` read files of the host, or to show two programs two different disks.
 */
const dangers = {
  'several-formats': 'is of several formats at once, so programs disagree about what it is',
  truncated: 'ends in the middle of its header',
  unreadable: 'has a header that cannot be read',
  'size-unbelievable': 'says that it is larger than a disk can be',

  'qcow2-version': 'is neither of version 2 nor 3',
  'qcow2-backing-file': 'takes a part of its content from another file (a backing file)',
  'qcow2-data-file': 'keeps its content in another file (an external data file)',
  'qcow2-unknown-features': 'needs features that are not known to be safe',
  'qcow2-tables': 'has tables so large that reading them would exhaust a machine',

  'vmdk-version': 'is none of the versions 1 to 3',
  'vmdk-cowd': 'is of the old kind COWD, whose parent file cannot be checked',
  'vmdk-capacity': 'has no capacity, so that its descriptor would name the files to read',
  'vmdk-text-descriptor': 'is only a descriptor, whose content lies in other files',
  'vmdk-descriptor-place': 'has its descriptor where programs do not look for it',
  'vmdk-descriptor-size': 'has an empty descriptor or one larger than 1 MiB',
  'vmdk-descriptor-missing': 'has no descriptor where its header says',
  'vmdk-descriptor-text': 'has a descriptor that is not ASCII text',
  'vmdk-descriptor-line': 'has a line in its descriptor that is not understood',
  'vmdk-create-type': 'is not of one of the create types monolithicSparse and streamOptimized',
  'vmdk-parent': 'takes a part of its content from another file (a parent)',
  'vmdk-no-extent': 'names no extent',
  'vmdk-several-extents': 'names more than its one extent',
  'vmdk-extent-type': 'names an extent that is not sparse, which is another file',
  'vmdk-extent-path': 'names an extent in another directory',
  'vmdk-footer-missing': 'says that it has a footer, which is not there',
  'vmdk-footer-mismatch': 'has a footer that says other than its header',

  'vdi-version': 'is of an unknown version',
  'vdi-parent': 'takes a part of its content from another file (a parent)',
  'vhd-parent': 'takes a part of its content from another file (a parent)',
  'vhd-disk-type': 'is neither fixed nor dynamic',
  'vhd-footer-mismatch': 'has a footer that says other than its copy at the start',
  'vhdx-region-tables': 'has no region table, or two that differ',
  'vhdx-unknown-region': 'needs a region that is not known to be safe',
  'vhdx-metadata': 'has metadata that cannot be read',
  'vhdx-unknown-metadata': 'needs metadata that is not known to be safe',
  'vhdx-parent': 'takes a part of its content from another file (a parent)',
  'ploop-version': 'is of an unknown version',
  'qed-banned': 'is a QED, which no service supports',
  'luks-version': 'is LUKS of another version than 1',

  'mbr-boot-flag': 'has a partition whose boot flag is neither 0 nor 128',
  'mbr-no-partition': 'has a partition table without a partition',
  'gpt-not-alone': 'has a protective partition with another one beside it',
  'gpt-start-chs': 'has a protective partition that does not start at cylinder 0, head 0, sector 2',
  'gpt-start-lba': 'has a protective partition that does not start at block 1',
} as const;

export type Danger = keyof typeof dangers;

export const allDangers = Object.keys(dangers) as readonly Danger[];

/** For a person, behind what the data is. */
export const reasonOf = (danger: Danger): string => `it ${dangers[danger]}`;

/** The same with the name, to be found again in logs and documents. */
export const describeDanger = (danger: Danger): string => `${reasonOf(danger)} (${danger})`;

/** The dangers whose condition is true. */
export function dangersWhere(conditions: Readonly<Partial<Record<Danger, boolean>>>): Danger[] {
  return allDangers.filter((danger) => conditions[danger] === true);
}
