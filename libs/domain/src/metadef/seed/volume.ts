import { choice, on, seed, words } from './seed.js';

export const volumeSeeds = [
  seed('07d4a3c3-062b-4999-ac00-d21a016cb67d', {
    namespace: 'OS::Cinder::Volumetype',
    display_name: 'Volumes from the Image',
    description: 'What Cinder does with volumes that are made from the image.',
    resource_type_associations: [on.image('cinder_')],
    properties: {
      img_volume_type: words('Volume type', 'Name of the volume type for volumes that ask for none themselves.'),
      encryption_key_id: words(
        'Encryption key',
        'UUID of the key of an encrypted volume that the image was made from.',
      ),
      encryption_key_deletion_policy: choice(
        'Key deletion',
        'Whether the key is deleted together with the image.',
        ...['on_image_deletion', 'do_not_delete'],
      ),
    },
  }),
];
