import { choice, flag, on, seed, words } from './seed.js';

export const securitySeeds = [
  seed('5f7e5d91-d875-4883-a464-fdd44efb8baf', {
    namespace: 'OS::Glance::Signatures',
    display_name: 'Image Signature',
    description:
      'A signature of the image data and what is needed to check it. Nova can refuse images whose signature does not fit. All four properties belong together.',
    resource_type_associations: [on.image()],
    properties: {
      img_signature: words('Signature', 'The signature in base64.'),
      img_signature_certificate_uuid: words('Certificate', 'UUID of the certificate in the key manager.', {
        pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      }),
      img_signature_hash_method: choice(
        'Hash method',
        'Digest that was signed.',
        ...['SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'],
      ),
      img_signature_key_type: choice(
        'Key type',
        'Kind of the key that signed.',
        ...['RSA-PSS', 'DSA', 'ECC_SECP384R1', 'ECC_SECP521R1', 'ECC_SECT409K1', 'ECC_SECT409R1', 'ECC_SECT571K1'],
        'ECC_SECT571R1',
      ),
    },
  }),
  seed('ec45798e-0db4-4f0c-929c-3df50a3df329', {
    namespace: 'OS::Compute::TPM',
    display_name: 'Trusted Platform Module',
    description: 'An emulated TPM, whose state stays with the instance. Both properties belong together.',
    resource_type_associations: on.hardware,
    properties: {
      tpm_version: choice('TPM version', 'Version of the TPM specification.', '1.2', '2.0'),
      tpm_model: choice('TPM model', 'Interface of the device. tpm-crb needs version 2.0.', 'tpm-tis', 'tpm-crb'),
    },
  }),
  seed('ab06700c-262e-455e-9b4b-eaff35e1caea', {
    namespace: 'OS::Compute::Firmware',
    display_name: 'Firmware',
    description: 'What the guest boots from before its own system.',
    resource_type_associations: on.hardwareOfImages,
    properties: {
      firmware_type: choice('Firmware', 'bios, or uefi for guests that boot from an EFI partition.', 'bios', 'uefi'),
      firmware_stateless: flag('Stateless firmware', 'UEFI forgets its variables at every power-off.'),
    },
  }),
  seed('6d548710-d921-4f70-bb67-0a25f7e51eb7', {
    namespace: 'OS::Compute::SecureBoot',
    display_name: 'Secure Boot',
    description: 'Whether UEFI starts signed systems only. What the flavor says wins over the image.',
    resource_type_associations: [on.image('os_'), on.flavor('os:')],
    properties: {
      secure_boot: choice(
        'Secure boot',
        'required: only hosts that can. optional (images only): where the host can. disabled: never.',
        ...['required', 'optional', 'disabled'],
      ),
    },
  }),
];
