import { readAt, startsWith, type FormatProbe } from './probe.js';

const sectorSize = 512n;

/** VMware's virtual disk (VMware, "Virtual Disk Format 5.0"): sparse extents with capacity in sectors at 12, or a text descriptor. */
export const vmdk: FormatProbe = {
  name: 'vmdk',
  matches: ({ head }) => startsWith(head, 0, 'KDMV') || startsWith(head, 0, '# Disk DescriptorFile'),
  virtualSize: ({ head }) => {
    const sectors = startsWith(head, 0, 'KDMV') ? readAt(head, 12, 'u64le') : undefined;
    return sectors === undefined ? undefined : sectors * sectorSize;
  },
};
