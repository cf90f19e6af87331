import { describe, expect, it } from '@jest/globals';
import type { Adopted } from './commands.js';
import { decide } from './decide.js';
import { defaultImageLimits } from './attributes.js';
import {
  by,
  completeImport,
  create,
  failImport,
  fold,
  history,
  image,
  startImport,
  type ShortCommand,
} from './image.spec-kit.js';
import type { PropertyProtections } from './property-protections.js';

const request: ShortCommand = {
  type: 'RequestImport',
  task: 't1',
  requestId: 'req-1',
  method: {
    name: 'glance-download',
    glance_region: 'RegionTwo',
    glance_image_id: '00000000-0000-4000-8000-000000000001',
    glance_service_interface: 'public',
    endpoint: 'https://two.example.org',
  },
  stores: ['local'],
  everywhere: false,
  allMustSucceed: true,
};
const adopted: Adopted = {
  disk_format: 'qcow2',
  container_format: 'ovf',
  properties: { hw_disk_bus: 'virtio', os_type: 'linux' },
};
const complete = (more: Partial<Adopted> = {}, store = 'local') =>
  ({ ...completeImport(1, store), adopted: { ...adopted, ...more } }) as ShortCommand;
const started = [create({ hw_disk_bus: 'ide', kept: 'yes' }), request, startImport()];

describe('an import from another Image API', () => {
  it('gives the image its formats and properties there together with its data, and what it had beside stays', () => {
    const events = history(...started, complete()).slice(3);
    expect(events.map(({ type }) => type)).toEqual([
      ...['ImageDataUploaded', 'ImageAttributesChanged', 'ImagePropertiesChanged', 'ImageActivated'],
      'ImageImportCompleted',
    ]);
    expect(fold(history(...started, complete()))).toMatchObject({
      ...{ status: 'active', disk_format: 'qcow2', container_format: 'ovf' },
      properties: { hw_disk_bus: 'virtio', os_type: 'linux', kept: 'yes' },
    });
  });

  it('that fails leaves the image as it was', () => {
    expect(image(...started, failImport(null))).toMatchObject({
      ...{ status: 'queued', disk_format: 'raw', container_format: 'bare' },
      properties: { hw_disk_bus: 'ide', kept: 'yes' },
    });
  });

  it('into stores that must all succeed changes nothing before the last of them has the data', () => {
    const both = [create(), { ...request, stores: ['local', 'ceph'] }, startImport()] as const;
    const half = [...both, complete()];
    expect(image(...half)).toMatchObject({ status: 'importing', disk_format: 'raw', properties: {} });
    expect(image(...half, failImport(null))).toMatchObject({ status: 'queued', disk_format: 'raw', properties: {} });
    expect(image(...half, complete({}, 'ceph'))).toMatchObject({ status: 'active', disk_format: 'qcow2' });
  });

  it('leaves out what whoever asked for it may not set, and what is no property', () => {
    const roles = (...names: string[]) => ({ create: names, read: names, update: names, delete: names });
    const protections: PropertyProtections = [
      { property: /^os_type$/, roles: roles('admin') },
      { property: /^hw_disk_bus$/, roles: { ...roles('member'), update: ['!'] } },
      { property: /./, roles: roles('member') },
    ];
    const properties = { ...adopted.properties, os_hidden: 'true', os_hash_algo: 'md5', os_glance_x: 'y', other: 'z' };
    const before = fold(history(...started));
    const events = decide(by(complete({ properties })), before, defaultImageLimits, protections);
    expect(events.find(({ type }) => type === 'ImagePropertiesChanged')).toMatchObject({
      data: { changes: { other: { from: null, to: 'z' } } },
    });
    expect(JSON.stringify(events)).not.toMatch(/os_hidden|os_hash_algo|os_glance_x|os_type|hw_disk_bus/);
  });

  it('with more properties than an image may have, or a format that there is not, is refused', () => {
    const many = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`hw_${index}`, '1']));
    const tried = (more: Partial<Adopted>) => () => history(...started, complete(more));
    expect(tried({ properties: many })).toThrow(expect.objectContaining({ code: 'limit-exceeded' }));
    expect(tried({ disk_format: 'floppy' })).toThrow(expect.objectContaining({ code: 'invalid-attribute' }));
  });

  it.each([
    ['that has data', [create(), { type: 'StartUpload', attempt: 'a', kind: 'upload', store: 's', key: 'k' }]],
    ['without formats', [create({ disk_format: null })]],
  ] as const)('into an image %s is refused', (_, commands) => {
    expect(() => history(...(commands as readonly ShortCommand[]), request)).toThrow(
      expect.objectContaining({ code: 'wrong-status' }),
    );
  });
});
