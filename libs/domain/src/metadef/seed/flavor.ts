import { on, seed, whole } from './seed.js';

const direction = { inbound: 'received', outbound: 'sent' } as const;
const done = { read: 'read', write: 'written', total: 'read and written' } as const;

export const flavorSeeds = [
  seed('624f323d-2698-4420-9077-3a81874faed0', {
    namespace: 'OS::Compute::Quota',
    display_name: 'Flavor Limits',
    description: "Limits of one instance's use of CPU, disks, network and video memory. For QEMU/KVM.",
    resource_type_associations: on.flavors,
    objects: [
      {
        name: 'CPU Limits',
        description: 'Shares and ceilings of CPU time.',
        properties: {
          'quota:cpu_shares': whole(
            'CPU shares',
            'Weight against other instances of the same host: twice the shares, twice the time when it is scarce.',
          ),
          'quota:cpu_period': whole('CPU period', 'Microseconds over which the quota is counted.'),
          'quota:cpu_quota': whole('CPU quota', 'Microseconds that each virtual CPU may run in a period.', {}),
        },
      },
      {
        name: 'Disk Limits',
        description: 'Ceilings of each disk. A total cannot stand beside a limit of reads or writes.',
        properties: Object.fromEntries(
          Object.entries(done).flatMap(([kind, what]) => [
            [`quota:disk_${kind}_bytes_sec`, whole(`Disk bytes, ${kind}`, `Bytes ${what} per second.`)],
            [`quota:disk_${kind}_iops_sec`, whole(`Disk operations, ${kind}`, `Operations per second: ${what}.`)],
          ]),
        ),
      },
      {
        name: 'Network Limits',
        description: 'Ceilings of each network card.',
        properties: Object.fromEntries(
          Object.entries(direction).flatMap(([way, what]) => [
            [`quota:vif_${way}_average`, whole(`Network ${way}, average`, `KiB ${what} per second over time.`)],
            [`quota:vif_${way}_peak`, whole(`Network ${way}, peak`, `KiB ${what} per second at most.`)],
            [
              `quota:vif_${way}_burst`,
              whole(`Network ${way}, burst`, `KiB that may be ${what} at peak speed at once.`),
            ],
          ]),
        ),
      },
      {
        name: 'Video Limits',
        description: 'What images may ask for.',
        properties: {
          'hw_video:ram_max_mb': whole('Video memory', 'The most MiB of video memory that an image may ask for.'),
        },
      },
    ],
  }),
];
