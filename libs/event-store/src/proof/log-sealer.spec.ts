import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { VersionConflict } from '../errors.js';
import { checkpointHash } from './checkpoint.js';
import { LogIsBroken } from './log-sealer.js';
import { auditPath, rootByPath } from './merkle.js';
import { newKey, publicOf, SealedLog } from './sealed-log.spec-kit.js';

let log: SealedLog;
beforeEach(async () => {
  log = await SealedLog.create();
});
afterEach(() => log.remove());

const ranges = async () => (await log.checkpoints()).map(({ first, last }) => [first, last]);

describe('a sealer', () => {
  it('leaves an empty log empty', async () => {
    expect(await log.sealer().sealNext(new Date())).toBeUndefined();
    expect(await log.store.head()).toBe(0n);
    expect(await log.verify()).toMatchObject({ checked: 0, fault: undefined, sealed: { checkpoints: 0, upTo: 0 } });
  });

  it('appends a checkpoint of all that is there, by the system, and does not seal a log that rests', async () => {
    await log.happen(7);
    const checkpoint = await log.seal();
    const [event] = await log.store.readStream('seal');
    expect(event).toMatchObject({
      ...{ position: 8n, type: 'LogSealed', version: 1, payload: checkpoint },
      ...{ actor: { user_id: 'vitrine', project_id: null, roles: ['system'] }, recordedAt: new Date(checkpoint.time) },
    });
    const [last] = await log.store.readFeed(6n, 1);
    expect(checkpoint).toMatchObject({ first: 1, last: 7, head: last!.hash, previous: null, key: publicOf(log.key) });
    expect(await log.sealer().sealNext(new Date())).toBeUndefined();
    expect(await log.verify()).toMatchObject({ checked: 8, fault: undefined, sealed: { checkpoints: 1, upTo: 7 } });
  });

  it('goes on where the last one ended, with its seal, and holds its hash', async () => {
    await log.happen(3);
    const first = await log.seal();
    await log.happen(2);
    expect(await log.seal()).toMatchObject({ first: 4, last: 6, previous: checkpointHash(first) });
  });

  it('closes segments of a bounded size; what was never sealed takes several, and seals are sealed in their turn', async () => {
    await log.happen(25);
    const sealer = log.sealer(10);
    while (await sealer.sealNext(new Date()));
    await log.happen(1);
    while (await sealer.sealNext(new Date()));
    expect(await ranges()).toEqual([
      [1, 10],
      [11, 20],
      [21, 27],
      [28, 29],
    ]);
    expect(await log.verify()).toMatchObject({ fault: undefined, sealed: { checkpoints: 4, upTo: 29 } });
  });

  it('makes a root to which the path of every event leads', async () => {
    await log.happen(13);
    const checkpoint = await log.seal();
    const leaves = await log.seals.leaves(checkpoint);
    for (const [index, leaf] of leaves.entries()) {
      expect(rootByPath(leaf, index, 13, auditPath(leaves, index))).toBe(checkpoint.root);
    }
  });

  it('does not sign what is not what was appended', async () => {
    await log.happen(5);
    await log.tamper(`update events set type = 'NothingHappened' where position = 3`);
    const broken = new LogIsBroken({ position: 3n, problem: 'its content is not what its hash was made of' });
    await expect(log.seal()).rejects.toEqual(broken);
    expect(await log.checkpoints()).toEqual([]);
  });

  it('does not go on after an event that is another than the one that the last checkpoint ended with', async () => {
    await log.happen(3);
    await log.seal();
    await log.rewrite((events) => events.map((event) => ({ ...event, recordedAt: new Date(0) })));
    await log.happen(1);
    await expect(log.seal()).rejects.toBeInstanceOf(LogIsBroken);
  });

  it('whose clock was set back still seals: the times are claims, the order is the chain’s', async () => {
    await log.happen(1);
    await log.seal();
    await log.happen(1);
    await log.sealer().sealNext(new Date('2020-01-01T00:00:00Z'));
    expect(await log.verify()).toMatchObject({ fault: undefined, sealed: { checkpoints: 2 } });
  });

  it('with a new key goes on with the old one’s log', async () => {
    await log.happen(1);
    await log.seal();
    await log.happen(1);
    const key = newKey();
    await log.seal(10, key);
    expect(await log.verify({ keys: new Set([publicOf(log.key), publicOf(key)]) })).toMatchObject({
      ...{ fault: undefined, sealed: { checkpoints: 2, keys: new Set([publicOf(log.key), publicOf(key)]) } },
    });
  });
});

describe('many sealers at once', () => {
  it('seal each event once: one appends, the others are told of the conflict or find nothing left', async () => {
    await log.happen(60);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, async () => {
        const sealer = log.sealer(5);
        while (await sealer.sealNext(new Date()));
      }),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(VersionConflict);
    }
    const sealer = log.sealer(5);
    while (await sealer.sealNext(new Date()));
    const all = await ranges();
    expect(all.map(([first]) => first)).toEqual([1, ...all.slice(0, -1).map(([, last]) => last! + 1)]);
    expect(await log.verify()).toMatchObject({ fault: undefined, sealed: { checkpoints: all.length } });
  });
});

describe('the seal of a position', () => {
  it('is that of its segment; what is not sealed yet has none', async () => {
    await log.happen(12);
    const sealer = log.sealer(5);
    for (let segment = 0; segment < 2; segment++) await sealer.sealNext(new Date());
    const sealOf = async (position: bigint) => (await log.seals.covering(position))?.checkpoint.last;
    expect(await Promise.all([1n, 5n, 6n, 10n, 11n].map(sealOf))).toEqual([5, 5, 10, 10, undefined]);
    expect((await log.seals.before(10n, 5)).map(({ checkpoint }) => checkpoint.last)).toEqual([5]);
  });
});
