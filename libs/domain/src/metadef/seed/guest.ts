import { choice, on, seed, whole, words } from './seed.js';

export const guestSeeds = [
  seed('b98d09f0-c961-4285-b1de-6d5749c02871', {
    namespace: 'OS::OperatingSystem',
    display_name: 'Guest Operating System',
    description:
      'Which system is in the image. Hypervisors choose fitting defaults by it, people find their image by it.',
    resource_type_associations: on.images,
    properties: {
      os_type: choice('Family', 'Family of operating systems.', 'linux', 'windows'),
      os_distro: words('Distribution', 'Its short name as libosinfo has it, such as debian, ubuntu, rhel or windows.'),
      os_version: words('Version', 'Version of the distribution, such as 12 or 24.04.'),
      os_admin_user: words('Administrator', 'Name of the user with all rights, whose password can be set.'),
    },
  }),
  seed('e583bb56-c100-4cb8-83b6-553a0917114c', {
    namespace: 'OS::Compute::InstanceData',
    display_name: 'Instance Configuration Data',
    description: 'What instances of the image need from the compute service to be set up and backed up.',
    resource_type_associations: on.images,
    properties: {
      img_config_drive: choice(
        'Config drive',
        'mandatory: the guest gets its data from a config drive, never without one. optional: it can do without.',
        ...['optional', 'mandatory'],
      ),
      os_require_quiesce: choice(
        'Quiesce',
        'yes: snapshots are taken only while the guest agent has frozen the file systems, or not at all.',
        ...['yes', 'no'],
      ),
    },
  }),
  seed('8c6858b6-dc4e-4ce5-83e9-02d0a504b9c5', {
    namespace: 'OS::Compute::GuestShutdownBehavior',
    display_name: 'Guest Shutdown',
    description: 'How patient the compute service is with a guest that was told to shut down.',
    resource_type_associations: on.images,
    properties: {
      os_shutdown_timeout: whole(
        'Shutdown timeout',
        'Seconds in which the guest may shut down before its power is cut. 0 does not wait.',
      ),
    },
  }),
];
