import { choice, flag, on, seed, words } from './seed.js';

export const hypervisorSeeds = [
  seed('898fa22d-4652-441a-9d30-c6263cae47f2', {
    namespace: 'OS::Compute::Hypervisor',
    display_name: 'Hypervisor Selection',
    description: 'On which hosts instances of the image can run. The scheduler leaves out those that do not fit.',
    resource_type_associations: on.images,
    properties: {
      img_hv_type: choice(
        'Hypervisor',
        'Kind of hypervisor that the image was made for. KVM hosts call themselves qemu.',
        ...['qemu', 'kvm', 'vmware', 'hyperv', 'xen', 'lxc', 'vz', 'zvm', 'ironic', 'baremetal'],
      ),
      img_hv_requested_version: words('Hypervisor version', 'Bounds of its version, such as >=6.0,<9.0.'),
      hw_vm_mode: choice(
        'Virtualization mode',
        'hvm: full virtualization. xen: paravirtualized on Xen. exe: a process in a container.',
        ...['hvm', 'xen', 'uml', 'exe'],
      ),
      hw_architecture: choice(
        'Architecture',
        'CPU architecture of the guest.',
        ...['x86_64', 'aarch64', 'i686', 'armv7l', 'ppc64', 'ppc64le', 's390x', 'mips64', 'mips64el', 'sparc64'],
      ),
    },
  }),
  seed('83cac6ee-7a48-42c3-bd51-c95809077f95', {
    namespace: 'OS::Compute::VMware',
    display_name: 'VMware: image',
    description: 'How the vCenter driver treats the disk of the image and the machine that it makes of it.',
    resource_type_associations: [on.image()],
    properties: {
      vmware_adaptertype: choice(
        'Disk adapter',
        'Controller that the disk hangs on.',
        ...['lsiLogic', 'lsiLogicsas', 'busLogic', 'paraVirtual', 'ide'],
      ),
      vmware_disktype: choice(
        'Disk type',
        'Layout of the VMDK as it was uploaded.',
        ...['preallocated', 'sparse', 'streamOptimized', 'thin', 'thick', 'eagerZeroedThick'],
      ),
      vmware_ostype: words('Guest type', 'Name that vSphere gives to the guest system, such as debian12_64Guest.'),
      img_linked_clone: flag(
        'Linked clone',
        'Instances share the disk of the image and keep only what they change. Saves room, costs speed.',
      ),
    },
  }),
  seed('e553ff2a-ddac-43ec-b6bb-c835a758dae2', {
    namespace: 'OS::Compute::VMwareFlavor',
    display_name: 'VMware: flavor',
    description: 'What a flavor can ask of the vCenter driver.',
    resource_type_associations: [on.flavor('vmware:')],
    properties: {
      hw_version: words('Hardware version', 'Version of the virtual hardware, such as vmx-19.'),
      storage_policy: words('Storage policy', 'Name of the vSphere storage policy that the disks are placed by.'),
    },
  }),
];
