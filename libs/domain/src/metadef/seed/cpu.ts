import { choice, flag, on, seed, whole, words } from './seed.js';

const cpuSet = '^\\^?\\d+(-\\d+)?(,\\^?\\d+(-\\d+)?)*$';
const atLeastOne = { minimum: 1 };

export const cpuSeeds = [
  seed('2fef185a-adec-4b5e-81ed-497173253ff8', {
    namespace: 'OS::Compute::VirtCPUTopology',
    display_name: 'Virtual CPU Topology',
    description:
      'How the virtual CPUs appear to the guest: so many sockets, cores and threads. Some licences count sockets. A flavor sets the upper bounds, within which an image may choose.',
    resource_type_associations: on.hardware,
    properties: {
      cpu_sockets: whole('Sockets', 'Wanted number of CPU sockets.', atLeastOne),
      cpu_cores: whole('Cores', 'Wanted number of cores in each socket.', atLeastOne),
      cpu_threads: whole('Threads', 'Wanted number of hardware threads in each core.', atLeastOne),
      cpu_max_sockets: whole('Most sockets', 'No topology with more sockets than this is made.', atLeastOne),
      cpu_max_cores: whole('Most cores', 'No topology with more cores in a socket than this is made.', atLeastOne),
      cpu_max_threads: whole('Most threads', 'No topology with more threads in a core than this is made.', atLeastOne),
    },
  }),
  seed('30b91b55-6d5c-41ba-a9da-84a14ba37bef', {
    namespace: 'OS::Compute::CPUPinning',
    display_name: 'CPU Pinning',
    description:
      'Whether each virtual CPU has a CPU of the host to itself, and what becomes of the threads beside it. Needs hosts with CPUs set apart for this.',
    resource_type_associations: on.hardware,
    properties: {
      cpu_policy: choice(
        'CPU policy',
        'shared: virtual CPUs float over the host and may be overcommitted. dedicated: each is pinned to one host CPU. mixed: some are pinned, as the flavor says.',
        ...['shared', 'dedicated', 'mixed'],
      ),
      cpu_thread_policy: choice(
        'Thread policy',
        'For pinned CPUs. prefer: use thread siblings where there are any. isolate: take whole cores and leave the siblings idle. require: only hosts with thread siblings.',
        ...['prefer', 'isolate', 'require'],
      ),
      cpu_realtime_mask: words(
        'Real-time mask',
        'Which virtual CPUs get real-time priority; ^0-1 means all but the first two. Keep at least one for the guest itself.',
        { pattern: cpuSet },
      ),
    },
  }),
  seed('bb14edbe-a6f3-4abb-a54d-04aff992c338', {
    namespace: 'OS::Compute::CPUPinningFlavor',
    display_name: 'CPU Pinning, flavors only',
    description: 'What only a flavor can say about pinned and real-time CPUs.',
    resource_type_associations: [on.flavor('hw:')],
    properties: {
      cpu_realtime: flag('Real-time', 'Gives the virtual CPUs of the real-time mask real-time priority on the host.'),
      cpu_dedicated_mask: words(
        'Dedicated CPUs',
        'With the mixed policy: which virtual CPUs are pinned, such as 0-3 or ^0.',
        { pattern: cpuSet },
      ),
      emulator_threads_policy: choice(
        'Emulator threads',
        "Where QEMU's own threads run. share: on a set of CPUs that instances share. isolate: on one more host CPU for this instance alone.",
        ...['share', 'isolate'],
      ),
    },
  }),
  seed('4968af21-c7f4-45a2-af12-8628831a4719', {
    namespace: 'OS::Compute::NUMATopology',
    display_name: 'NUMA Topology',
    description:
      'How the guest is laid over the NUMA nodes of its host. Without per-node settings, CPUs and memory are split evenly; with them, every CPU and all memory must be given to a node.',
    resource_type_associations: on.hardware,
    properties: {
      numa_nodes: whole('NUMA nodes', 'Number of NUMA nodes of the guest, each on a node of the host.', {
        minimum: 1,
        maximum: 128,
      }),
      'numa_cpus.0': words('CPUs of node 0', 'Virtual CPUs on the first node, such as 0-3.', { pattern: cpuSet }),
      'numa_mem.0': whole('Memory of node 0', 'MiB of memory on the first node.', atLeastOne),
      'numa_cpus.1': words('CPUs of node 1', 'Virtual CPUs on the second node, such as 4-7.', { pattern: cpuSet }),
      'numa_mem.1': whole('Memory of node 1', 'MiB of memory on the second node.', atLeastOne),
      pci_numa_affinity_policy: choice(
        'PCI affinity',
        'How near passed-through devices and SR-IOV ports must be. required: same node. socket: same socket. preferred: as near as there is. legacy: same node if the device tells its node.',
        ...['required', 'socket', 'preferred', 'legacy'],
      ),
    },
  }),
];
