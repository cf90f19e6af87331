import { readAt, type FormatProbe } from './probe.js';

/** VirtualBox's disk image (VirtualBox, VDICore.h): signature at 0x40, disk size at 0x170. */
export const vdi: FormatProbe = {
  name: 'vdi',
  matches: ({ head }) => readAt(head, 0x40, 'u32le') === 0xbeda107fn,
  virtualSize: ({ head }) => readAt(head, 0x170, 'u64le'),
};
