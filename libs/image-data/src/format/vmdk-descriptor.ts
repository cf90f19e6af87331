import type { Bytes } from './bytes.js';
import { dangersWhere, type Danger } from './dangers.js';

/** What the text that describes a VMDK says. */
export interface VmdkDescriptor {
  readonly createType: string | undefined;
  /** the extents' together, bytes */
  readonly virtualSize: bigint;
  readonly dangers: readonly Danger[];
}

const allowedTypes = ['monolithicSparse', 'streamOptimized'];
const noParent = 'ffffffff';

/**
 * VMware, "Virtual Disk Format 5.0", "The Descriptor File": a header of names and values, one extent a line, the disk
 * database (`ddb.`). Every line must be understood. qemu looks for some names anywhere in the text, comments too
 * (block/vmdk.c, vmdk_parse_description), so these are looked for everywhere.
 */
export function readDescriptor(text: Bytes): VmdkDescriptor {
  const seen = new Set<Danger>();
  let createType: string | undefined;
  let extents = 0;
  let sectors = 0n;
  for (const line of withoutRemnant(text).lines()) {
    for (const danger of dangersOf(line)) seen.add(danger);
    createType ??= typesIn(line)[0];
    if (!isExtent(line)) continue;
    extents++;
    sectors += BigInt(/^\S+\s+(\d{1,18})\s/.exec(line)?.[1] ?? 0);
  }
  if (createType === undefined) seen.add('vmdk-create-type');
  if (extents === 0) seen.add('vmdk-no-extent');
  if (extents > 1) seen.add('vmdk-several-extents');
  return { createType, virtualSize: sectors * 512n, dangers: [...seen] };
}

/** The digits of a CID, which qemu writes without leading zeros. */
const longestRemnant = 8;

/**
 * qemu gives a disk a new CID when it is first written to (block/vmdk.c, vmdk_write_cid). Of one image in 256 that makes the text
 * shorter by two bytes or more: it is written over the old one up to a NUL, and the old one's last bytes stay behind it. Nothing
 * that means anything is as short as they are; longer ones are told as part of the text.
 */
function withoutRemnant(padded: Bytes): Bytes {
  const whole = padded.withoutPadding();
  const text = whole.upToNul();
  const remnant = whole.latin1().slice(text.length);
  return remnant.length <= longestRemnant && /^[\0\n\x20-\x7e]*$/.test(remnant) ? text : whole;
}

const isExtent = (line: string) => /^(rw|rdonly|noaccess)\s/i.test(line);

const isUnderstood = (line: string) =>
  line === '' || line.startsWith('#') || /^ddb\./i.test(line) || /^[a-z]+\s*=/i.test(line) || isExtent(line);

function dangersOf(line: string): Danger[] {
  const types = typesIn(line);
  const parent = /parentCID\s*=\s*(\S{0,16})/i.exec(line)?.[1];
  return dangersWhere({
    'vmdk-descriptor-text': /[^\t\x20-\x7e]/.test(line),
    'vmdk-descriptor-line': !isUnderstood(line),
    'vmdk-create-type':
      types.length < line.split(/createType/i).length - 1 || types.some((type) => !allowedTypes.includes(type)),
    'vmdk-parent': /parentFileNameHint/i.test(line) || (parent !== undefined && parent.toLowerCase() !== noParent),
    'vmdk-extent-type': isExtent(line) && !/^\S+\s+\d+\s+sparse\s/i.test(line),
    'vmdk-extent-path': isExtent(line) && /[/\\:]/.test(line),
  });
}

const typesIn = (line: string) => [...line.matchAll(/createType\s*=\s*"([\w-]{0,64})"/gi)].map(([, type]) => type!);
