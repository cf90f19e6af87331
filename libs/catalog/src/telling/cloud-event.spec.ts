import { expect, it } from '@jest/globals';
import type { RecordedEvent } from '#event-store';
import { cloudEvent, eventSource } from './cloud-event.js';
import { eventView } from './event-view.js';

const recorded: RecordedEvent = {
  ...{ position: 9_007_199_254_740_993n, streamId: 'image-00000000-0000-4000-8000-000000000001', version: 3 },
  ...{ eventId: '00000000-0000-4000-8000-000000000002', type: 'ImageDeactivated', schemaVersion: 1 },
  ...{ recordedAt: new Date('2026-01-02T03:04:05.678Z'), payload: { status: { from: 'active', to: 'deactivated' } } },
  ...{ actor: { user_id: 'alice', project_id: 'alpha', roles: ['member'] }, projectId: 'alpha', requestId: 'req-1' },
  ...{ causationId: null, correlationId: null, prevHash: '0'.repeat(64), hash: 'ab'.repeat(32) },
};
const changes = { status: { from: 'active', to: 'deactivated' } };
const viewOf = (event: RecordedEvent) => eventView({ event, changes }, (values) => ({ ...values }));

it('an event of an image has it as the subject, and its exact position as the id', () => {
  const view = viewOf(recorded);
  expect(cloudEvent(view, eventSource('https://images.example.org'))).toEqual({
    specversion: '1.0',
    id: '9007199254740993',
    source: 'https://images.example.org/vitrine/v1/events',
    type: 'vitrine.ImageDeactivated',
    subject: 'images/00000000-0000-4000-8000-000000000001',
    time: '2026-01-02T03:04:05.678Z',
    datacontenttype: 'application/json',
    partitionkey: 'image-00000000-0000-4000-8000-000000000001',
    sequence: '0009007199254740993',
    requestid: 'req-1',
    data: view,
  });
});

it('an event of anything else has its stream as the subject, and what belongs together as an extension', () => {
  const bulk = { ...recorded, streamId: 'bulk-1', type: 'BulkImportPaused', requestId: null, correlationId: 'b1' };
  const event = cloudEvent(viewOf(bulk), eventSource(undefined));
  expect(event).toMatchObject({ subject: 'bulk-1', source: '/vitrine/v1/events', correlationid: 'b1' });
  expect(event).not.toHaveProperty('requestid');
});

it('names of attributes are lower-case letters and digits, as the specification wants them', () => {
  const names = Object.keys(cloudEvent(viewOf(recorded), '/'));
  expect(names.filter((name) => !/^[a-z0-9]{1,20}$/.test(name))).toEqual([]);
});
