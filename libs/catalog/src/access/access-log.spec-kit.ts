import { randomUUID } from 'node:crypto';
import type { AccessEntry } from './access-log.js';
import type { AccessQuery } from './access-log.query.js';

/** A whole download of alpha's image by one of alpha's. */
export function entry(given: Partial<AccessEntry> = {}): AccessEntry {
  return {
    ...{ id: randomUUID(), at: new Date(), kind: 'download', operation: 'GET /v2/images/:id/file', status: 200 },
    ...{ result: 'complete', image_id: randomUUID(), owner: 'alpha', actor: 'alice', project: 'alpha' },
    ...{ request_id: 'req-1', address: '192.0.2.1', range_first: null, range_last: null, bytes: 5n, ms: 3, count: 1 },
    ...given,
  };
}

export const refusal = (given: Partial<AccessEntry> = {}): AccessEntry =>
  entry({
    ...{ kind: 'refusal', operation: 'DELETE /v2/images/:id', status: 403, result: 'refused', owner: null, bytes: 0n },
    ...given,
  });

export const everyAccess: AccessQuery = {
  ...{ audience: 'everything', filters: {}, order: 'asc', limit: 1_000 },
  ...{ from: undefined, to: undefined, cursor: undefined },
};
