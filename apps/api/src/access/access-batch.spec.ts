import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AccessBatch } from './access-batch.js';

type Refusal = Parameters<AccessBatch['addRefusal']>[0];
const refusal = (given: Partial<Refusal> = {}): Refusal => ({
  ...{ operation: 'GET /v2/images/:id', status: 404, image_id: null, actor: 'alice', project: 'alpha' },
  ...{ request_id: 'req-1', address: '192.0.2.1', ms: 1, ...given },
});
const stranger = (given: Partial<Refusal> = {}) => refusal({ status: 401, actor: null, project: null, ...given });
const download: Parameters<AccessBatch['add']>[0] = {
  ...{ id: randomUUID(), at: new Date(), kind: 'download', operation: 'GET /v2/images/:id/file' },
  ...{ status: 200, result: 'complete', image_id: null },
  ...{ owner: null, actor: 'alice', project: 'alpha', request_id: null, address: null, range_first: null },
  ...{ range_last: null, bytes: 1n, ms: 1, count: 1 },
};
const total = (batch: AccessBatch) => {
  const entries = batch.take();
  return { rows: entries.length, refusals: entries.reduce((sum, { count }) => sum + count, 0), entries };
};

describe('a batch of the access log', () => {
  it('tells refusals that are alike by one row with their count and the request of the first', () => {
    const batch = new AccessBatch();
    for (let n = 0; n < 10_000; n++) batch.addRefusal(stranger({ request_id: `req-${n}`, image_id: `image-${n}` }));
    expect(total(batch).entries).toEqual([
      expect.objectContaining({ kind: 'refusal', status: 401, count: 10_000, request_id: 'req-0', image_id: null }),
    ]);
  });

  it('keeps apart what is not alike', () => {
    const batch = new AccessBatch();
    const different = [
      {},
      { status: 403 },
      { operation: 'x' },
      { actor: 'bob' },
      { project: 'beta' },
      { image_id: 'i' },
      { address: '::1' },
    ];
    for (const given of [...different, ...different]) batch.addRefusal(refusal(given));
    expect(total(batch)).toMatchObject({ rows: different.length, refusals: 2 * different.length });
  });

  it('has so many rows of a flood and no more, from whatever addresses and for whatever images, and counts all', () => {
    const batch = new AccessBatch();
    for (let n = 0; n < 5_000; n++) {
      batch.addRefusal(stranger({ address: `2001:db8::${n}` }));
      batch.addRefusal(refusal({ actor: 'mallory', image_id: `image-${n}` }));
    }
    batch.addRefusal(refusal({ image_id: 'mine' }));
    const { rows, refusals, entries } = total(batch);
    expect({ rows, refusals }).toEqual({ rows: 100 + 1 + 50 + 1 + 1, refusals: 10_001 });
    expect(entries).toContainEqual(expect.objectContaining({ actor: 'mallory', image_id: null, count: 4_950 }));
    expect(entries.at(-1)).toMatchObject({ actor: 'alice', image_id: 'mine', count: 1 });
  });

  it('begins anew when it was taken', () => {
    const batch = new AccessBatch();
    batch.addRefusal(refusal());
    expect(total(batch)).toMatchObject({ rows: 1, refusals: 1 });
    batch.addRefusal(refusal());
    expect(total(batch)).toMatchObject({ rows: 1, refusals: 1 });
    expect(batch.size).toBe(0);
  });

  it('keeps what could not be written before the rest, and counts what has no room', () => {
    const batch = new AccessBatch();
    batch.add({ ...download, request_id: 'first' });
    const failed = batch.take();
    for (let n = 0; n < 20_001; n++) batch.add(download);
    expect(batch.dropped).toBe(1);
    batch.putBack(failed);
    expect(batch.dropped).toBe(2);
    const kept = batch.take();
    expect(kept).toHaveLength(20_000);
    expect(kept[0]).toMatchObject({ request_id: 'first' });
  });
});
