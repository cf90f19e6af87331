import {
  bulkImportEventVersions,
  decideBulkImport,
  evolveBulkImport,
  type Actor,
  type BulkImportCommand,
  type BulkImportState,
} from '#domain';
import type { StoredEvent } from './lives.js';

const alice: Actor = { userId: 'alice', projectId: 'alpha', roles: ['member', 'reader'] };

type Short<C> = C extends BulkImportCommand ? Omit<C, 'actor' | 'at'> : never;

const id = '00000000-0000-4000-8000-000000000009';

/** The life of one bulk import: every event that there is. */
const life: readonly Short<BulkImportCommand>[] = [
  {
    ...{ type: 'RequestBulkImport', id, items: 10_000, concurrency: 8, attempts: 3, onError: 'stop' },
    digest: 'ab'.repeat(32),
  },
  { type: 'AcceptBulkImport' },
  { type: 'PauseBulkImport' },
  { type: 'ResumeBulkImport' },
  {
    type: 'StopBulkImport',
    line: 7,
    imageId: '00000000-0000-4000-8000-000000000006',
    reason: 'The server answered 404.',
  },
  { type: 'RetryBulkImport', items: 1 },
  { type: 'FinishBulkImport', result: { done: 9_990, failed: 10, cancelled: 0 } },
  { type: 'RetryBulkImport', items: 10 },
  { type: 'CancelBulkImport', reason: 'cancelled by alice' },
];

const start = Date.parse('2026-01-02T03:04:05.678Z');

/** The rows that today's rules write for the life, one command a minute. */
export function bulkWrittenToday(): StoredEvent[] {
  const written: StoredEvent[] = [];
  let state: BulkImportState;
  for (const [index, command] of life.entries()) {
    const at = new Date(start + index * 60_000);
    for (const event of decideBulkImport({ ...command, actor: alice, at }, state)) {
      state = evolveBulkImport(state, event, at);
      const { type, data: payload } = event;
      written.push({ type, schema_version: bulkImportEventVersions[type], recorded_at: at.toISOString(), payload });
    }
  }
  return written;
}
