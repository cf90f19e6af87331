import { describe, expect, it } from '@jest/globals';
import { bulkImportEventVersions, imageEventVersions, metadefEventVersions } from '#domain';
import type { RecordedEvent } from '#event-store';
import { cadfEvent } from './cadf-event.js';
import { eventView } from './event-view.js';

const id = '00000000-0000-4000-8000-000000000002';
const image = '00000000-0000-4000-8000-000000000001';
const observer = 'https://images.example.org/vitrine/v1/events';
const recorded: RecordedEvent = {
  ...{ position: 7n, streamId: `image-${image}`, version: 3, eventId: id, type: 'ImageDeactivated', schemaVersion: 1 },
  ...{ recordedAt: new Date('2026-01-02T03:04:05.678Z'), payload: { status: { from: 'active', to: 'deactivated' } } },
  ...{ actor: { user_id: 'alice', project_id: 'alpha', roles: ['member'] }, projectId: 'alpha', requestId: 'req-1' },
  ...{ causationId: null, correlationId: null, prevHash: '0'.repeat(64), hash: 'ab'.repeat(32) },
};
const viewOf = (given: Partial<RecordedEvent> = {}) =>
  eventView({ event: { ...recorded, ...given }, changes: {} }, (values) => ({ ...values }));
const cadf = (given: Partial<RecordedEvent> = {}) => cadfEvent(viewOf(given), id, observer);

/** DSP0262 1.0, annex A.2, of what may be said of a resource. */
const taxonomy = new Set(
  'backup capture create configure read update delete monitor start stop deploy undeploy enable disable send receive restore evaluate allow deny notify revoke renew'.split(
    ' ',
  ),
);

describe('an event in CADF', () => {
  it('says who did what to which image, when, and keeps what Vitrine says of it', () => {
    expect(cadf()).toEqual({
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      id,
      eventTime: '2026-01-02T03:04:05.678+00:00',
      action: 'disable',
      outcome: 'success',
      initiator: {
        ...{ typeURI: 'service/security/account/user', id: 'alice', user_id: 'alice', project_id: 'alpha' },
        request_id: 'req-1',
      },
      target: { typeURI: 'service/storage/image', id: image },
      observer: { typeURI: 'service/storage/image', id: observer },
      attachments: [{ typeURI: 'application/json', name: 'ImageDeactivated', content: viewOf() }],
    });
  });

  it.each([imageEventVersions, metadefEventVersions, bulkImportEventVersions].flatMap((types) => Object.keys(types)))(
    'has an action of the taxonomy for %s',
    (type) => {
      // The parts of these two that are hidden from some are looked for in their data.
      const { action, outcome } = cadf({ type, payload: { properties: {}, changes: {} } });
      expect(taxonomy).toContain(action);
      expect(outcome).toBe(
        /Failed|Stopped/.test(type) ? 'failure' : /Requested|UploadStarted/.test(type) ? 'pending' : 'success',
      );
    },
  );

  it('of what has failed gives the reason', () => {
    const failed = cadf({ type: 'ImageUploadFailed', payload: { reason: 'the upload stopped' } });
    expect(failed.reason).toEqual({ reasonCode: 'ImageUploadFailed', reasonType: 'the upload stopped' });
  });

  it('of a release that is not known yet has an unknown action', () => {
    expect(cadf({ type: 'ImageSigned' })).toMatchObject({ action: 'unknown', outcome: 'unknown' });
    expect(cadf({ type: 'constructor' })).toMatchObject({ action: 'unknown' });
  });

  it('of a namespace or a bulk import has that for its target, and of Vitrine’s own doing the service for its initiator', () => {
    const actor = { user_id: 'vitrine', project_id: null, roles: ['system'] };
    expect(cadf({ streamId: 'bulk-42', actor, type: 'BulkImportFinished', requestId: null })).toMatchObject({
      target: { typeURI: 'service/storage/image/bulk-import', id: '42' },
      initiator: { typeURI: 'service/storage/image', id: 'vitrine', project_id: null },
    });
    expect(cadf({ streamId: 'metadef-1-2' }).target).toEqual({ typeURI: 'service/storage/image/metadef', id: '1-2' });
  });
});
