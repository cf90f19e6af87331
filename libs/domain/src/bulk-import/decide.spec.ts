import { describe, expect, it } from '@jest/globals';
import {
  accept,
  admin,
  alice,
  at,
  bob,
  bulkImport,
  cancel,
  finish,
  given,
  history,
  pause,
  refused,
  request,
  resume,
  retry,
  rita,
  stop,
  type ShortCommand,
} from './bulk-import.spec-kit.js';

const running = [request, accept];
const states: Record<string, ShortCommand[]> = {
  requested: [request],
  running,
  paused: [...running, pause],
  stopped: [...running, stop],
  cancelled: [...running, cancel],
  finished: [...running, finish],
};

describe('a bulk import', () => {
  it('is requested, then accepted when its images are there, and finished with its counts', () => {
    expect(history(request, accept, finish).events).toEqual([
      {
        type: 'BulkImportRequested',
        data: expect.objectContaining({ items: 3, on_error: 'stop', digest: 'd1' }) as object,
      },
      { type: 'BulkImportAccepted', data: { status: { from: 'requested', to: 'running' } } },
      {
        type: 'BulkImportFinished',
        data: { status: { from: 'running', to: 'finished' }, done: 2, failed: 1, cancelled: 0 },
      },
    ]);
  });

  it('that is asked for twice is one', () => {
    expect(given(request).when(request)).toEqual([]);
    expect(given(...running, finish).when(request)).toEqual([]);
  });

  it('under a key that was used for another one is refused', () => {
    expect(() => given(request).when({ ...request, digest: 'd2' } as ShortCommand)).toThrow(
      refused('bulk-import-differs'),
    );
  });

  it('that stopped says which item and why, and nothing once it goes on', () => {
    expect(bulkImport(...running, stop)).toMatchObject({ status: 'stopped', reason: 'item 2 failed: HTTP 404' });
    expect(bulkImport(...running, stop, resume)).toMatchObject({ status: 'running', reason: null });
  });

  it('forgives what failed before it was resumed or retried', () => {
    const later = new Date(at.getTime() + 1000);
    for (const again of [resume, retry]) {
      expect(bulkImport(...running, stop, { ...again, at: later }).goesOnSince).toEqual(later);
    }
    expect(bulkImport(...running, { ...pause, at: later }).goesOnSince).toEqual(at);
  });
});

// What each state makes of each command: its next state, '-' for no event, '!' for a refusal.
const table = [
  [
    'requested',
    { accept: 'running', pause: '!', resume: '!', cancel: 'cancelled', retry: '!', stop: '-', finish: '-' },
  ],
  [
    'running',
    ...[{ accept: '-', pause: 'paused', resume: '-', cancel: 'cancelled' }].map((one) => ({
      ...one,
      ...{ retry: 'running', stop: 'stopped', finish: 'finished' },
    })),
  ],
  [
    'paused',
    { accept: '-', pause: '-', resume: 'running', cancel: 'cancelled', retry: 'paused', stop: '-', finish: '-' },
  ],
  [
    'stopped',
    { accept: '-', pause: '!', resume: 'running', cancel: 'cancelled', retry: 'running', stop: '-', finish: '-' },
  ],
  ['cancelled', { accept: '-', pause: '!', resume: '!', cancel: '-', retry: 'running', stop: '-', finish: '-' }],
  ['finished', { accept: '-', pause: '!', resume: '!', cancel: '!', retry: 'running', stop: '-', finish: '-' }],
] as const;
const commands: Record<string, ShortCommand> = { accept, pause, resume, cancel, retry, stop, finish };
const cells = table.flatMap(([state, row]) =>
  Object.entries(row).map(([command, outcome]) => [state, command, outcome] as const),
);

it.each(cells)('%s: %s leads to %s', (state, command, outcome) => {
  const decided = () => given(...states[state]!).when(commands[command]!);
  if (outcome === '!') expect(decided).toThrow(refused('bulk-import-wrong-status'));
  else if (outcome === '-') expect(decided()).toEqual([]);
  else expect(decided()[0]!.data).toMatchObject({ status: { from: state, to: outcome } });
});

describe('who may', () => {
  it('ask for one: members and admins', () => {
    expect(given().when({ ...request, actor: admin })).toHaveLength(1);
    expect(() => given().when({ ...request, actor: rita })).toThrow(refused('bulk-import-forbidden'));
  });

  it.each([pause, cancel, { ...retry }])('change one: members of its project and admins ($type)', (command) => {
    expect(given(...running).when({ ...command, actor: alice })).toHaveLength(1);
    expect(given(...running).when({ ...command, actor: admin })).toHaveLength(1);
    expect(() => given(...running).when({ ...command, actor: rita })).toThrow(refused('bulk-import-forbidden'));
    expect(() => given(...running).when({ ...command, actor: bob })).toThrow(refused('bulk-import-not-found'));
  });
});
