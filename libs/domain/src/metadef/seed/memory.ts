import { choice, flag, on, seed, words } from './seed.js';

export const memorySeeds = [
  seed('8685bdd9-70a5-4643-b600-ff458e936625', {
    namespace: 'OS::Compute::GuestMemoryBacking',
    display_name: 'Guest Memory',
    description: "What backs the guest's memory on the host: page size, locking and encryption. For QEMU/KVM.",
    resource_type_associations: on.hardware,
    properties: {
      mem_page_size: words(
        'Page size',
        'small: the usual pages of the host. large: the largest it has. any: large ones if there are enough. Or a size: 2048 (KiB), 2MB, 1GB.',
        { pattern: '^(small|large|any|\\d+([kKMGT]i?)?(b|bit|B)?)$' },
      ),
      locked_memory: flag(
        'Locked memory',
        'Keeps all of the memory in RAM, never swapped; some devices need it. The page size must be given too.',
      ),
      mem_encryption: flag('Encrypted memory', 'Only on hosts whose CPUs encrypt the memory of guests. Needs UEFI.'),
      mem_encryption_model: choice(
        'Encryption model',
        'Which feature of the CPU encrypts the memory.',
        ...['amd-sev', 'amd-sev-es', 'amd-sev-snp'],
      ),
    },
  }),
];
