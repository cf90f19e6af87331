import { choice, flag, on, seed, whole, words } from './seed.js';

const buses = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc', 'xen', 'lxc', 'uml'];

export const deviceSeeds = [
  seed('c088a42a-5e2e-4f1e-9f49-b015d5557de8', {
    namespace: 'OS::Compute::LibvirtImage',
    display_name: 'libvirt: devices of an image',
    description:
      'Which devices libvirt gives to instances of the image: buses of disks, models of network cards and controllers, machine type. Choose what the guest has drivers for.',
    resource_type_associations: on.images,
    properties: {
      hw_disk_bus: choice('Disk bus', 'To which bus disks are attached.', ...buses),
      hw_cdrom_bus: choice('CD-ROM bus', 'To which bus CD-ROM drives are attached.', ...buses),
      hw_floppy_bus: choice('Floppy bus', 'To which bus floppy drives are attached.', ...buses),
      hw_rescue_bus: choice(
        'Rescue bus',
        'To which bus the rescue disk is attached when an instance is rescued.',
        ...buses,
      ),
      hw_rescue_device: choice('Rescue device', 'As what the rescue disk appears.', 'disk', 'cdrom', 'floppy'),
      hw_scsi_model: choice(
        'SCSI controller',
        'Model of the controller that disks on the SCSI bus hang on. Only virtio-scsi can discard freed blocks.',
        ...['virtio-scsi', 'lsilogic', 'lsisas1068', 'lsisas1078', 'buslogic', 'ibmvscsi', 'vmpvscsi'],
      ),
      hw_vif_model: choice(
        'Network card',
        'Model of the network cards.',
        ...['virtio', 'e1000', 'e1000e', 'igb', 'rtl8139', 'ne2k_pci', 'pcnet', 'spapr-vlan', 'lan9118', 'netfront'],
        ...['sriov', 'vmxnet', 'vmxnet3'],
      ),
      hw_machine_type: words('Machine type', 'Machine type of QEMU, such as q35 or pc-i440fx-8.2.'),
      hw_input_bus: choice('Input bus', 'Bus of the pointer and keyboard devices that are added.', 'usb', 'virtio'),
      hw_pointer_model: choice(
        'Pointer',
        'Adds a tablet, so that the pointer in the console is where the mouse is.',
        'usbtablet',
      ),
      hw_qemu_guest_agent: flag('Guest agent', 'The guest runs the QEMU guest agent; a channel to it is added.'),
      hw_time_hpet: flag('HPET', 'Gives the guest a high precision event timer.'),
      hw_emulation_architecture: words(
        'Emulated architecture',
        'Runs the guest on emulated CPUs of this architecture, such as aarch64.',
      ),
      hw_rng_model: choice('Random number device', 'Model of the random number generator.', 'virtio'),
      img_hide_hypervisor_id: flag(
        'Hide the hypervisor',
        'Some drivers refuse to work in a guest; this hides that it is one.',
      ),
      os_command_line: words(
        'Kernel command line',
        'Replaces the command line of the kernel that the image names by kernel_id.',
      ),
    },
  }),
  seed('ec1a54fe-d9cd-4096-8085-9e1262975eb4', {
    namespace: 'OS::Compute::Libvirt',
    display_name: 'libvirt: devices and features',
    description: 'What both an image and a flavor can say about the machine that libvirt makes.',
    resource_type_associations: on.hardware,
    properties: {
      boot_menu: flag('Boot menu', 'Shows a boot menu when the guest starts.'),
      serial_port_count: whole(
        'Serial ports',
        'Number of serial ports. An image may ask for at most as many as its flavor.',
      ),
      pmu: flag('Performance counters', 'Virtual performance monitoring unit. Without it latencies are steadier.'),
      vif_multiqueue_enabled: flag('Multiqueue', 'One queue of each virtio network card per virtual CPU.'),
      virtio_packed_ring: flag(
        'Packed virtqueues',
        'The newer, quicker layout of virtio queues; guest and host must know it.',
      ),
      viommu_model: choice('IOMMU', 'Model of the virtual IOMMU.', 'auto', 'intel', 'smmuv3', 'virtio'),
      sound_model: choice(
        'Sound card',
        'Model of the sound card.',
        'sb16',
        'es1370',
        'pcspk',
        'ac97',
        'ich6',
        'ich9',
        'usb',
        'virtio',
      ),
      usb_model: choice('USB controller', 'Model of the USB controller.', 'none', 'nec-xhci', 'qemu-xhci'),
      redirected_usb_ports: whole('Redirected USB ports', 'USB ports that a SPICE console can fill.', {
        minimum: 0,
        maximum: 15,
      }),
      ephemeral_encryption: flag(
        'Encrypted local disks',
        'Encrypts the disks that the hypervisor keeps for the instance.',
      ),
      ephemeral_encryption_format: choice('Encryption format', 'Of encrypted local disks.', 'luks', 'luksv2', 'plain'),
    },
  }),
  seed('7b5a715b-4f30-48aa-9ff4-9b496cfb5ffb', {
    namespace: 'OS::Compute::Video',
    display_name: 'Video',
    description: 'The graphics card of the guest.',
    resource_type_associations: on.hardwareOfImages,
    properties: {
      video_model: choice(
        'Video model',
        'Model of the graphics card; none for a guest without one.',
        ...['virtio', 'vga', 'cirrus', 'qxl', 'bochs', 'vmvga', 'gop', 'xen', 'none'],
      ),
      video_ram: whole(
        'Video memory',
        'MiB of video memory. Counts only if the flavor allows some (hw_video:ram_max_mb).',
      ),
    },
  }),
  seed('cd877433-4f8d-447d-97e2-f719e006e929', {
    namespace: 'OS::Compute::Watchdog',
    display_name: 'Watchdog',
    description:
      'A watchdog device that notices when the guest has hung. The guest must run a watchdog daemon. The image wins over the flavor.',
    resource_type_associations: on.hardware,
    properties: {
      watchdog_action: choice(
        'Watchdog action',
        'What is done with a guest that hangs. none: it is only reported. disabled: there is no device.',
        ...['disabled', 'reset', 'poweroff', 'pause', 'none'],
      ),
    },
  }),
  seed('37b0a610-8367-447b-9b83-2cecd4aaf67e', {
    namespace: 'OS::Compute::RandomNumberGenerator',
    display_name: 'Random Number Generator',
    description: "How much of the host's randomness an instance may draw through its random number device.",
    resource_type_associations: on.flavors,
    properties: {
      'hw_rng:allowed': flag('Allowed', 'Whether instances have the device at all.'),
      'hw_rng:rate_bytes': whole('Bytes per period', 'The most bytes that the guest may draw in one period.'),
      'hw_rng:rate_period': whole('Period', 'Length of a period in milliseconds.'),
    },
  }),
];
