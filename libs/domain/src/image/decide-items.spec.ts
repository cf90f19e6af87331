import { describe, expect, it } from '@jest/globals';
import { admin, alice, create, given, history, id, image, rita, system, type ShortCommand } from './image.spec-kit.js';

const bulk = {
  batch: '00000000-0000-4000-8000-000000000009',
  line: 7,
  mirrors: ['https://example.net/disk.raw'],
  checksum: { algorithm: 'sha256', value: 'ab'.repeat(32) },
  attempts: 3,
} as const;
const item = (attributes: object = {}): ShortCommand => ({
  type: 'ImportItem',
  id,
  task: 't1',
  requestId: 'req-1',
  attributes: { name: 'one of many', disk_format: 'raw', os_distro: 'debian', ...attributes },
  uri: 'https://example.org/disk.raw',
  stores: ['local'],
  bulk,
});
const start = (task = 't1'): ShortCommand => ({
  ...{ type: 'StartImport', actor: system, task, attempt: 1, worker: 'w1', key: `${id}/${task}-1` },
});
const cancel = (task = 't1'): ShortCommand => ({ type: 'CancelImport', actor: system, task, reason: 'no more' });
const repeat: ShortCommand = { type: 'RepeatImport', task: 't2', requestId: 'req-2' };

describe('an item of a bulk import', () => {
  it('makes the image and asks for its import in one decision', () => {
    expect(history(item()).map(({ type }) => type)).toEqual(['ImageCreated', 'ImageImportRequested']);
    expect(image(item())).toMatchObject({
      ...{ status: 'importing', owner: 'alpha', container_format: 'bare', properties: { os_distro: 'debian' } },
      imports: [{ task: 't1', state: 'waiting', bulk, method: { uri: 'https://example.org/disk.raw' } }],
    });
  });

  it.each<[string, ShortCommand, string]>([
    ['for another project by who is no admin', item({ owner: 'beta' }), 'forbidden'],
    ['by who may only read', { ...item(), actor: rita }, 'forbidden'],
    ['that is public by who is no admin', item({ visibility: 'public' }), 'forbidden'],
    ['without a format', item({ disk_format: null }), 'wrong-status'],
    ['with an attribute that only Vitrine sets', item({ status: 'active' }), 'read-only-attribute'],
  ])('%s makes nothing', (_, command, code) => {
    expect(() => given().when(command)).toThrow(expect.objectContaining({ code }));
  });

  it('makes no image of an id that was there before', () => {
    expect(() => given(create()).when(item())).toThrow(expect.objectContaining({ code: 'image-exists' }));
  });

  it('may be for another project when an admin asks', () => {
    expect(image({ ...item({ owner: 'beta' }), actor: admin })).toMatchObject({ owner: 'beta' });
  });
});

describe('an import that is cancelled', () => {
  it.each([
    ['while it waits', [item()]],
    ['while it runs', [item(), start()]],
  ])('%s leaves the image queued with the reason, and nothing of its data', (_, before) => {
    expect(image(...before, cancel())).toMatchObject({
      ...{ status: 'queued', failure: 'no more', data: null },
      imports: [{ state: 'cancelled', failure: 'no more', done: [] }],
    });
    expect(image(...before, cancel()).blobs.every(({ state }) => state === 'doomed')).toBe(true);
  });

  it('and has ended already is no event', () => {
    expect(given(item(), cancel()).when(cancel())).toEqual([]);
    expect(given(item(), { type: 'DeleteImage' }).when(cancel())).toEqual([]);
    expect(given(item()).when(cancel('t9'))).toEqual([]);
  });

  it('can be repeated as it was asked for, under a new task', () => {
    expect(image(item(), cancel(), repeat)).toMatchObject({
      status: 'importing',
      imports: [{ state: 'cancelled' }, { task: 't2', requestId: 'req-2', state: 'waiting', attempt: 0, bulk }],
    });
  });
});

describe('repeating an import', () => {
  it.each<[string, ShortCommand[], ShortCommand, string]>([
    ['that is under way', [item()], repeat, 'import-in-progress'],
    ['that there never was', [create()], repeat, 'wrong-status'],
    ['of somebody else', [item(), cancel()], { ...repeat, actor: { ...alice, projectId: 'beta' } }, 'image-not-found'],
  ])('%s is refused', (_, before, command, code) => {
    expect(() => given(...before).when(command)).toThrow(expect.objectContaining({ code }));
  });
});
