import { describe, expect, it } from '@jest/globals';
import type { RunningBulkImport } from '#catalog';
import { fairShare } from './fair-share.js';

const bulk = (id: string, project: string, more: Partial<RunningBulkImport> = {}): RunningBulkImport => ({
  ...{ id, project, concurrency: 64, underWay: 0, queued: 0 },
  ...more,
});
const share = (running: RunningBulkImport[], perProject = 8, queued = 16) =>
  Object.fromEntries([...fairShare(running, { perProject, queued })].map(([id, ranks]) => [id, ranks.length]));

describe('places go', () => {
  it('to every project alike, however many bulk imports it has', () => {
    expect(share([bulk('a1', 'a'), bulk('a2', 'a'), bulk('b', 'b')], 8, 8)).toEqual({ a1: 2, a2: 2, b: 4 });
  });

  it('first to who has the fewest under way', () => {
    expect(share([bulk('a', 'a', { underWay: 6 }), bulk('b', 'b')], 8, 4)).toEqual({ b: 4 });
  });

  it('to nobody beyond the concurrency of a bulk import or the bound of a project', () => {
    expect(share([bulk('a', 'a', { concurrency: 3, underWay: 1 })])).toEqual({ a: 2 });
    expect(share([bulk('a1', 'a', { underWay: 5 }), bulk('a2', 'a', { underWay: 2 })])).toEqual({ a2: 1 });
  });

  it('to nobody while the queue is full of what no worker has begun', () => {
    expect(share([bulk('a', 'a', { underWay: 16, queued: 16 }), bulk('b', 'b')], 64, 16)).toEqual({});
  });

  it('with a rank, by which a busy project comes after one that has nothing', () => {
    const shares = fairShare([bulk('a', 'a', { underWay: 5 }), bulk('b', 'b', { concurrency: 2 })], {
      ...{ perProject: 8, queued: 4 },
    });
    expect(Object.fromEntries(shares)).toEqual({ a: [5, 6], b: [0, 1] });
  });
});
