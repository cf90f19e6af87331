import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signCheckpoint } from './checkpoint.js';
import { checkProof, proveInclusion, type InclusionProof } from './inclusion-proof.js';
import { newKey, publicOf, SealedLog } from './sealed-log.spec-kit.js';

let log: SealedLog;
let proof: InclusionProof;
let keys: ReadonlySet<string>;
beforeAll(async () => {
  log = await SealedLog.create();
  await log.happen(3);
  await log.seal();
  await log.happen(20);
  await log.seal();
  const { checkpoint } = (await log.seals.covering(9n))!;
  const [event] = await log.store.readFeed(8n, 1);
  proof = proveInclusion(event!, checkpoint, await log.seals.leaves(checkpoint));
  keys = new Set([publicOf(newKey()), publicOf(log.key)]);
});
afterAll(() => log.remove());

const sent = (value: unknown) => checkProof(JSON.parse(JSON.stringify(value)), keys);

it('a proof of an event is checked without the log, also after it went through JSON', () => {
  expect(sent(proof)).toEqual({ proof });
  expect(proof).toMatchObject({ position: 9, event: { type: 'SomethingHappened', actor: { user_id: 'alice' } } });
  expect(proof.path).toHaveLength(5);
});

describe('a proof is refused when', () => {
  const changes: [string, (whole: InclusionProof) => object, RegExp][] = [
    ['the author is another', ({ event }) => ({ event: { ...event, actor: { user_id: 'bob' } } }), /event is not what/],
    ['the position is another', () => ({ position: 10 }), /event is not what/],
    ['what it follows is another', () => ({ prev_hash: 'ab'.repeat(32) }), /event is not what/],
    ['the hash is another', () => ({ hash: 'ab'.repeat(32) }), /event is not what/],
    ['the path is another', ({ path }) => ({ path: [...path.slice(1), path[0]!] }), /path does not lead/],
    ['the path is cut off', ({ path }) => ({ path: path.slice(1) }), /path does not lead/],
    [
      'the checkpoint says another root',
      ({ checkpoint }) => ({ checkpoint: { ...checkpoint, root: 'ab'.repeat(32) } }),
      /not signed/,
    ],
    [
      'another key signed',
      ({ checkpoint }) => ({ checkpoint: signCheckpoint(checkpoint, newKey()) }),
      /not among yours/,
    ],
    [
      'the checkpoint is of another segment',
      () => ({ checkpoint: signCheckpoint({ ...proof.checkpoint, first: 10 }, log.key) }),
      /path does not lead/,
    ],
    ['it is none', () => ({ format: 'x' }), /no proof/],
    ['it holds what nobody signed', () => ({ note: 'x' }), /no proof/],
  ];
  it.each(changes)('%s', (_, change, problem) => {
    expect(sent({ ...proof, ...change(proof) })).toEqual({ problem: expect.stringMatching(problem) });
  });
});
