import { attributeLimits, containerFormats, diskFormats, imageStatuses, visibilities } from '#domain';
import { collectionSchema } from './collection-schema.js';

const time = (what: string) => ({ readOnly: true, type: 'string', description: `Date and time of image ${what}` });
const nullable = (type: string) => ['null', type];
const uuid = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';

/** Attribute → JSON schema; bounds and words come from the domain, so that what is published is what is enforced. */
const properties = {
  id: { type: 'string', pattern: uuid, description: 'An identifier for the image' },
  name: {
    type: nullable('string'),
    maxLength: attributeLimits.nameLength,
    description: 'Descriptive name for the image',
  },
  status: {
    readOnly: true,
    type: 'string',
    // The field's full list: models built from this schema know the words of every Image API service.
    enum: [...imageStatuses, 'killed', 'pending_delete'],
    description: 'Status of the image',
  },
  visibility: { type: 'string', enum: visibilities, description: 'Scope of image accessibility' },
  protected: { type: 'boolean', description: 'If true, image will not be deletable.' },
  os_hidden: { type: 'boolean', description: 'If true, image will not appear in default image list response.' },
  checksum: { readOnly: true, type: nullable('string'), maxLength: 32, description: 'md5 hash of image contents.' },
  os_hash_algo: {
    readOnly: true,
    type: nullable('string'),
    maxLength: 64,
    description: 'Algorithm to calculate the os_hash_value',
  },
  os_hash_value: {
    readOnly: true,
    type: nullable('string'),
    maxLength: 128,
    description: 'Hexdigest of the image contents using the algorithm specified by the os_hash_algo',
  },
  owner: { type: nullable('string'), maxLength: 255, description: 'Owner of the image' },
  size: { readOnly: true, type: nullable('integer'), description: 'Size of image file in bytes' },
  virtual_size: { readOnly: true, type: nullable('integer'), description: 'Virtual size of image in bytes' },
  container_format: {
    type: nullable('string'),
    enum: [null, ...containerFormats],
    description: 'Format of the container',
  },
  disk_format: { type: nullable('string'), enum: [null, ...diskFormats], description: 'Format of the disk' },
  created_at: time('registration'),
  updated_at: time('last modification'),
  tags: {
    type: 'array',
    items: { type: 'string', maxLength: attributeLimits.tagLength },
    description: 'List of strings related to the image',
  },
  min_ram: { type: 'integer', minimum: 0, description: 'Amount of ram (in MB) required to boot image.' },
  min_disk: { type: 'integer', minimum: 0, description: 'Amount of disk space (in GB) required to boot image.' },
  self: { readOnly: true, type: 'string', description: 'An image self url' },
  file: { readOnly: true, type: 'string', description: 'An image file url' },
  schema: { readOnly: true, type: 'string', description: 'An image schema url' },
  stores: { readOnly: true, type: 'string', description: 'Stores in which the image data resides' },
  locations: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        url: { type: 'string' },
        metadata: { type: 'object' },
        validation_data: {
          description: 'What the data is; values must be those of the image unless it is queued.',
          type: 'object',
          writeOnly: true,
          additionalProperties: false,
          properties: {
            checksum: { type: 'string', minLength: 32, maxLength: 32 },
            os_hash_algo: { type: 'string', maxLength: 64 },
            os_hash_value: { type: 'string', maxLength: 128 },
          },
          required: ['os_hash_algo', 'os_hash_value'],
        },
      },
      required: ['url', 'metadata'],
    },
    description: 'A set of URLs to access the image file kept in external store',
  },
  direct_url: { readOnly: true, type: 'string', description: 'URL to access the image file kept in external store' },
  // Properties that operators set by custom; nova and cinder read them.
  architecture: operatorProperty('Operating system architecture'),
  kernel_id: {
    ...operatorProperty('ID of image stored in Glance that should be used as the kernel'),
    type: nullable('string'),
    pattern: uuid,
  },
  ramdisk_id: {
    ...operatorProperty('ID of image stored in Glance that should be used as the ramdisk'),
    type: nullable('string'),
    pattern: uuid,
  },
  os_distro: operatorProperty('Common name of operating system distribution'),
  os_version: operatorProperty('Operating system version as specified by the distributor'),
  instance_uuid: operatorProperty('Metadata which can be used to record which instance this image is associated with'),
} as const;

function operatorProperty(description: string) {
  return { type: 'string', is_base: false, description };
}

export const imageSchema = {
  name: 'image',
  properties,
  additionalProperties: { type: 'string' },
  links: [
    { rel: 'self', href: '{self}' },
    { rel: 'enclosure', href: '{file}' },
    { rel: 'describedby', href: '{schema}' },
  ],
};

export const imagesSchema = collectionSchema('images', imageSchema);

export const memberSchema = {
  name: 'member',
  properties: {
    member_id: { type: 'string', description: 'An identifier for the image member (tenantId)' },
    image_id: { type: 'string', description: 'An identifier for the image', pattern: uuid },
    created_at: { type: 'string', description: 'Date and time of image member creation' },
    updated_at: { type: 'string', description: 'Date and time of last modification of image member' },
    status: {
      type: 'string',
      description: 'The status of this image member',
      enum: ['pending', 'accepted', 'rejected'],
    },
    schema: { readOnly: true, type: 'string' },
  },
};

export const membersSchema = collectionSchema('members', memberSchema);
