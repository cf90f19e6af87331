import { describe, expect, it } from '@jest/globals';
import { admin, alice, create, given, history, id, image, type ShortCommand } from './image.spec-kit.js';

const input = {
  import_from: 'https://example.org/disk.qcow2',
  import_from_format: 'qcow2',
  image_properties: { name: 'by task', os_distro: 'debian' },
};
const byTask = (properties: object = {}): ShortCommand => ({
  type: 'ImportNewImage',
  actor: admin,
  id,
  task: 't1',
  requestId: 'req-1',
  input: { ...input, image_properties: { ...input.image_properties, ...properties } },
  stores: ['local'],
});

describe('a task of type import', () => {
  it('makes the image and asks for its import in one decision, and the log keeps what was asked', () => {
    const [created, requested, ...more] = history(byTask());
    expect(more).toEqual([]);
    expect(created).toMatchObject({
      type: 'ImageCreated',
      data: { id, attributes: { name: 'by task', owner: 'admin' }, properties: { os_distro: 'debian' } },
    });
    expect(requested).toMatchObject({
      type: 'ImageImportRequested',
      data: {
        ...{ task: 't1', request_id: 'req-1', stores: ['local'], task_input: input },
        method: { name: 'web-download', uri: input.import_from },
        status: { from: 'queued', to: 'importing' },
      },
    });
    expect(image(byTask())).toMatchObject({ status: 'importing', imports: [{ taskInput: input, state: 'waiting' }] });
  });

  it('takes formats that are not given from what it imports', () => {
    expect(image(byTask())).toMatchObject({ disk_format: 'qcow2', container_format: 'bare' });
    const given = { disk_format: 'raw', container_format: 'ovf' };
    expect(image(byTask(given))).toMatchObject(given);
  });

  it.each<[string, ShortCommand, string]>([
    ['by who is no admin', { ...byTask(), actor: alice }, 'forbidden'],
    ['with an attribute that only Vitrine sets', byTask({ status: 'active' }), 'read-only-attribute'],
    ['with a format that there is not', byTask({ disk_format: 'floppy' }), 'invalid-attribute'],
    ['of an image without a format', byTask({ disk_format: null }), 'wrong-status'],
  ])('%s makes nothing', (_, command, code) => {
    expect(() => given().when(command)).toThrow(expect.objectContaining({ code }));
  });

  it('makes no image of an id that was there before', () => {
    expect(() => given(create()).when(byTask())).toThrow(expect.objectContaining({ code: 'image-exists' }));
  });
});
