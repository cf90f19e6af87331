import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewEvent, RecordedEvent } from '../event.js';
import { signCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { OutsideCheckpoints } from './outside-checkpoints.js';
import { newKey, publicOf, SealedLog } from './sealed-log.spec-kit.js';

/** Positions 1 to 10, 12 to 21 and 23 to 32 are things; 11, 22 and 33 seal what is before them; 34 to 36 wait. */
let log: SealedLog;
let kept: SignedCheckpoint[];
beforeEach(async () => {
  log = await SealedLog.create();
  for (let segment = 0; segment < 3; segment++) {
    await log.happen(10);
    await log.seal();
  }
  await log.happen(3);
  kept = await log.checkpoints();
});
afterEach(() => log.remove());

const faultOf = async (options?: Parameters<SealedLog['verify']>[0]) => (await log.verify(options)).fault;
const faultBesideKept = () => faultOf({ outside: log.outside(kept) });
const fault = (position: bigint, problem: RegExp) => ({ position, problem: expect.stringMatching(problem) });

it('a log that nobody has touched is whole, sealed so far, and agrees with what is kept outside', async () => {
  expect(await log.verify({ outside: log.outside(kept) })).toMatchObject({
    ...{ checked: 36, fault: undefined, head: { position: 36n } },
    sealed: { checkpoints: 3, upTo: 32, keys: new Set([publicOf(log.key)]) },
  });
  for (const from of [5n, 11n, 12n, 34n, 37n]) {
    expect(await faultOf({ from, outside: log.outside(kept) })).toBeUndefined();
  }
});

describe('by the chain alone, the first bad position is named when', () => {
  it.each([
    [
      'one byte of a payload is another',
      `update events set payload = replace(payload::text, '"n":3', '"n":4')::json where position = 4`,
      4n,
    ],
    ['an event was deleted', 'delete from events where position = 15', 15n],
    ['a seal was deleted', 'delete from events where position = 22', 22n],
    [
      'two were swapped',
      `update events set position = 100 where position = 13; update events set position = 13 where position = 17;
       update events set position = 17 where position = 100`,
      13n,
    ],
  ])('%s', async (_, sql, position) => {
    await log.tamper(sql);
    expect(await faultOf()).toMatchObject({ position });
  });
});

/** Everything but one event's payload. */
const replaced = (position: bigint, payload: (checkpoint: SignedCheckpoint) => object) => {
  return (events: readonly RecordedEvent[]) =>
    events.map((event): NewEvent => {
      return event.position === position ? { ...event, payload: payload(event.payload as SignedCheckpoint) } : event;
    });
};

describe('by the checkpoints in it, the first bad position of a chain that was made anew is named when', () => {
  it('an event is another: the segment that it is in', async () => {
    await log.rewrite(replaced(15n, () => ({ n: 'another' })));
    expect(await faultOf()).toEqual(fault(11n, /^events 11 to 21 are not those that the checkpoint at position 22/));
  });

  it('an event is not there: the segment that it was in', async () => {
    await log.rewrite((events) => events.filter(({ position }) => position !== 15n));
    expect(await faultOf()).toEqual(fault(11n, /^events 11 to 21/));
  });

  it.each([
    [
      'is signed with another key',
      (said: SignedCheckpoint) => signCheckpoint(said, newKey()),
      /key that is not among yours/,
    ],
    [
      'says what its key did not sign',
      (said: SignedCheckpoint) => ({ ...said, time: kept[2]!.time }),
      /not signed by the key/,
    ],
    ['is no checkpoint', () => ({ root: 'x' }), /holds no checkpoint/],
    ['leaves events out', (said: SignedCheckpoint) => resigned(said, { first: 13 }), /does not follow the one before/],
    [
      'is not after the one before it',
      (said: SignedCheckpoint) => resigned(said, { previous: null }),
      /does not follow/,
    ],
  ])('a checkpoint %s: its position', async (_, payload, problem) => {
    await log.rewrite(replaced(22n, payload));
    expect(await faultOf()).toEqual(fault(22n, problem));
  });

  it('a checkpoint has another root, signed with the key: the segment', async () => {
    await log.rewrite(replaced(22n, (said) => resigned(said, { root: 'ab'.repeat(32) })));
    expect(await faultOf()).toEqual(fault(11n, /^events 11 to 21/));
  });

  it('a checkpoint has another head, signed with the key: the segment, also for who begins in the middle of it', async () => {
    await log.rewrite(replaced(22n, (said) => resigned(said, { head: 'ab'.repeat(32) })));
    for (const from of [1n, 15n]) expect(await faultOf({ from })).toEqual(fault(11n, /^events 11 to 21/));
  });

  it('a checkpoint is of itself, too, signed with the key: the segment', async () => {
    await log.rewrite(replaced(22n, (said) => resigned(said, { last: 22 })));
    expect(await faultOf()).toEqual(fault(11n, /^events 11 to 22/));
  });

  it('all checkpoints were left out, and new ones were signed with another key', async () => {
    await log.rewrite((events) => events.filter(({ streamId }) => streamId !== 'seal'));
    await log.seal(1000, newKey());
    expect(await faultOf()).toEqual(fault(34n, /not among yours/));
    expect(await faultOf({ keys: undefined })).toBeUndefined();
  });
});

/** By the owner of the key. */
const resigned = (said: SignedCheckpoint, change: Partial<SignedCheckpoint>) =>
  signCheckpoint({ ...said, ...change }, log.key);

describe('by a checkpoint kept outside, even the owner of database and key is found out when', () => {
  it('the tail was cut off: where the log ends now', async () => {
    await log.tamper('delete from events where position > 25');
    expect(await faultOf()).toBeUndefined();
    expect(await faultBesideKept()).toEqual(fault(26n, /^missing: the log ends before it.* up to 32$/));
  });

  it('nothing but the last seal and what came after it was cut off', async () => {
    await log.tamper('delete from events where position > 32');
    expect(await faultOf()).toBeUndefined();
    expect(await faultBesideKept()).toEqual(fault(33n, /no checkpoint of the events up to 32/));
  });

  it('the log is empty', async () => {
    await log.tamper('delete from events');
    expect(await faultBesideKept()).toEqual(fault(1n, /^missing/));
  });

  it('the tail was cut off and the log went on: the segment that is another', async () => {
    await log.tamper('delete from events where position > 25');
    await log.happen(20);
    await log.seal();
    expect(await faultOf()).toBeUndefined();
    expect(await faultBesideKept()).toEqual(
      fault(22n, /^events 22 to 32 are not those of the checkpoint kept outside/),
    );
  });

  it('everything from one event on was made anew and signed with the same key', async () => {
    await log.rewrite((events) => events.slice(0, 14));
    for (let segment = 0; segment < 2; segment++) {
      await log.happen(10);
      await log.seal();
    }
    expect(await faultOf()).toBeUndefined();
    expect(await faultBesideKept()).toEqual(
      fault(11n, /^events 11 to 21 are not those of the checkpoint kept outside/),
    );
  });

  it('the last checkpoint was signed anew with the same key: its position', async () => {
    await log.rewrite(replaced(33n, (said) => resigned(said, { time: '2020-01-01T00:00:00.000Z' })));
    expect(await faultOf()).toBeUndefined();
    expect(await faultBesideKept()).toEqual(fault(33n, /not the one that is kept outside/));
  });

  it('one of two copies of the same checkpoint is another', async () => {
    const outside = log.outside([...kept, resigned(kept[1]!, { time: '2020-01-01T00:00:00.000Z' })]);
    expect(await faultOf({ outside })).toEqual(fault(22n, /not the one that is kept outside/));
  });
});

describe('a copy that proves nothing is refused by its name', () => {
  const copy = (value: unknown) => () => new OutsideCheckpoints([['a.json', value]], new Set([publicOf(log.key)]));

  it('when it is no checkpoint, not signed, or signed with another key', () => {
    expect(copy({})).toThrow('a.json holds no checkpoint');
    expect(copy({ ...kept[0], head: kept[1]!.head })).toThrow('a.json is not signed by the key that it names');
    expect(copy(signCheckpoint(kept[0]!, newKey()))).toThrow('a.json is signed by a key that is not among yours');
  });
});
