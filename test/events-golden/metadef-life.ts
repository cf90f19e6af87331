import {
  decideMetadef,
  evolveMetadef,
  metadefEventVersions,
  type Actor,
  type MetadefCommand,
  type MetadefState,
} from '#domain';
import type { StoredEvent } from './lives.js';

const admin: Actor = { userId: 'admin', projectId: 'admin', roles: ['admin', 'member', 'reader'] };

type Short<C> = C extends MetadefCommand ? Omit<C, 'actor' | 'at'> : never;

const title = { type: 'string', title: 'Größe' };

/** The life of one namespace: every event that there is. */
export const life: readonly Short<MetadefCommand>[] = [
  {
    type: 'CreateNamespace',
    id: '00000000-0000-4000-8000-000000000001',
    given: {
      namespace: 'OS::Test::Disks',
      display_name: 'Disks',
      visibility: 'public',
      resource_type_associations: [
        { name: 'OS::Glance::Image', prefix: 'hw_' },
        { name: 'OS::Cinder::Volume', prefix: 'hw_', properties_target: 'image' },
      ],
      properties: {
        bus: { ...title, enum: ['virtio', null], default: 'virtio' },
        count: { type: 'integer', title: 'Count', minimum: 0, maximum: 9007199254740991, default: 1 },
      },
      objects: [{ name: 'limits', description: 'of speed', required: ['iops'], properties: { iops: title } }],
      tags: [{ name: 'fast' }, { name: 'ä' }],
    },
  },
  {
    type: 'ChangeNamespace',
    given: {
      namespace: 'OS::Disks',
      description: 'of machines',
      visibility: 'public',
      protected: true,
      owner: 'alpha',
    },
  },
  {
    type: 'AddObject',
    given: { name: 'sizes', properties: { size: { type: 'number', title: 'Size', minimum: 0.5 } } },
  },
  { type: 'ChangeObject', name: 'limits', given: { name: 'ceilings' } },
  { type: 'AddProperty', given: { name: 'model', ...title, operators: ['<in>'], readonly: true } },
  {
    type: 'ChangeProperty',
    name: 'bus',
    given: { name: 'controller', type: 'array', title: 'C', items: { type: 'string' } },
  },
  { type: 'AddNamespaceTag', name: 'slow' },
  { type: 'ChangeNamespaceTag', name: 'fast', given: { name: 'quick' } },
  { type: 'SetNamespaceTags', given: { tags: [{ name: 'slow' }] }, append: false },
  { type: 'AssociateResourceType', given: { name: 'OS::Nova::Flavor', prefix: 'hw:' } },
  { type: 'ChangeNamespace', given: { namespace: 'OS::Disks', visibility: 'private' } },
  { type: 'RemoveObject', name: 'ceilings' },
  { type: 'RemoveProperty', name: 'count' },
  { type: 'DissociateResourceType', name: 'OS::Cinder::Volume' },
  { type: 'DeleteNamespace' },
];

const start = Date.parse('2026-01-02T03:04:05.678Z');

/** The rows that today's rules write for the life, one command a minute. */
export function metadefWrittenToday(): StoredEvent[] {
  const written: StoredEvent[] = [];
  let state: MetadefState;
  for (const [index, command] of life.entries()) {
    const at = new Date(start + index * 60_000);
    for (const event of decideMetadef({ ...command, actor: admin, at }, state)) {
      state = evolveMetadef(state, event, at);
      const { type, data: payload } = event;
      written.push({ type, schema_version: metadefEventVersions[type], recorded_at: at.toISOString(), payload });
    }
  }
  return written;
}
