import { dangersWhere } from './dangers.js';
import { region, type Inspector } from './inspector.js';

const externalData = 1n << 2n;
/** dirty, corrupt, external data, compression type; extended L2 entries (bit 4) are what Glance does not take either */
const knownFeatures = 0b1111n;
/** What qemu allows (block/qcow2.h); beyond it is a way to exhaust who reads them (CVE-2015-5162). */
const most = { l1Entries: 4 << 20, refcountTableBytes: 8 << 20, snapshots: 65_536 };

/** QEMU's copy-on-write format, big-endian: qemu, docs/interop/qcow2.txt, "Header". */
export const qcow2: Inspector = {
  format: 'qcow2',
  kind: 'disk',

  *recognize() {
    const header = yield region(0, 104);
    return header.has('QFI\xfb') ? header : undefined;
  },

  read(header) {
    const version = header.u32be(4);
    const clusterSize = 2 ** Math.min(header.u32be(20), 21);
    const features = version >= 3 ? header.u64be(72) : 0n;
    return {
      variant: `version ${version}`,
      virtualSize: header.u64be(24),
      dangers: dangersWhere({
        'qcow2-version': version !== 2 && version !== 3,
        'qcow2-backing-file': header.u64be(8) !== 0n,
        'qcow2-data-file': (features & externalData) !== 0n,
        'qcow2-unknown-features': (features & ~knownFeatures) !== 0n,
        'qcow2-tables':
          header.u32be(36) > most.l1Entries ||
          header.u32be(56) * clusterSize > most.refcountTableBytes ||
          header.u32be(60) > most.snapshots,
      }),
    };
  },
};
