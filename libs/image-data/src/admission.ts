import { describeDanger } from './format/dangers.js';
import type { Inspected } from './format/inspection.js';

/** What the image says that its data is, and how far that is believed. */
export interface Admission {
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** what was found must be what was declared (Glance: require_image_format_match) */
  readonly requireMatch: boolean;
}

/** The data is not what it should be, or is dangerous; the message tells why, with the reason's name. */
export class RefusedData extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedData';
  }
}

/**
 * Whether data may become an image's (Glance's rules, and dangers in containers too: hypervisors look at the data, not at
 * container_format). @throws RefusedData
 */
export function assertAdmitted(found: Inspected, admission: Admission): void {
  const { format, dangers } = found;
  if (dangers.length > 0) {
    throw new RefusedData(`The data (${format}) is refused: ${dangers.map(describeDanger).join('; ')}.`);
  }
  const { diskFormat, containerFormat, requireMatch } = admission;
  if (!requireMatch || containerFormat !== 'bare' || diskFormat === null || fits(diskFormat, found)) return;
  throw new RefusedData(
    `The data is ${format}, but disk_format says ${diskFormat}: set disk_format to what the data is, or convert the data (format-mismatch).`,
  );
}

/** The same of data of which only the end is still unknown: that can make it fit no more, unless it is to be a VHD. */
export function assertAdmittedSofar(found: Inspected, admission: Admission): void {
  if (admission.diskFormat !== 'vhd') assertAdmitted(found, admission);
}

/** What a guest sees of it: of raw data all bytes, whatever they look like. */
export function virtualSizeOf({ size, virtualSize }: Inspected, diskFormat: string | null): bigint | undefined {
  return diskFormat === 'raw' ? size : virtualSize;
}

function fits(diskFormat: string, { format, isWrapped }: Inspected): boolean {
  switch (diskFormat) {
    case 'raw':
      return true;
    // Kernels and ramdisks, which are often compressed, and machine images that are file systems.
    case 'aki':
    case 'ari':
    case 'ami':
      return format === 'raw' || isWrapped;
    case 'ploop':
      return format === 'ploop' || format === 'raw';
    default:
      return format === diskFormat;
  }
}
